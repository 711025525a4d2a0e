/* When the sign-in ends, uploads wait; signing in again in a window of its own lets them go on, here. */

import { openUploads } from "./api.js";

const CHANNEL = "strongbox.signed-in"; // the page that one lands on after signing in tells who it is
const WINDOW = "popup,width=480,height=760";

export class SignIn {
  /* person: the one whose page this is, as text; who: how people know them. */
  constructor(queue, { banner, person, who }) {
    Object.assign(this, { queue, banner, person, who });
    this.said = banner.querySelector("[data-said]");
    this.link = banner.querySelector("a");
    const goOn = banner.querySelector("button");
    queue.addEventListener("signed-out", ({ detail: failure }) => this.#show(failure.message));
    queue.addEventListener("signed-in", () => this.#hide());
    this.link.addEventListener("click", (event) => this.#open(event));
    goOn.addEventListener("click", () => this.check());
    goOn.hidden = typeof BroadcastChannel === "function";
    if (goOn.hidden) new BroadcastChannel(CHANNEL).onmessage = ({ data }) => this.#hear(data);
    // Whatever way it was: a tab of one's own, or a window that told nothing.
    window.addEventListener("focus", () => this.check());
  }

  /* Asks the server who is signed in, and goes on if it is the same person. */
  async check() {
    if (this.banner.hidden) return;
    try {
      await openUploads();
      this.queue.signedIn();
    } catch (failure) {
      if (failure.signIn && !this.banner.hidden) this.#show(failure.message);
    }
  }

  #hear({ person }) {
    if (this.banner.hidden) return;
    if (String(person) === this.person) this.queue.signedIn();
    else this.#show("Somebody else has signed in.", { another: true });
  }

  /* another: the sign-in page must ask then, instead of letting that person in again. */
  #show(reason, { another = false } = {}) {
    this.said.textContent = `${reason} Uploads wait, and go on by themselves once ${this.who} is signed in again.`;
    if (another) {
      const url = new URL(this.link.href);
      url.searchParams.set("max_age", "0");
      this.link.href = url.href;
    }
    this.banner.hidden = false;
  }

  #hide() {
    const hadFocus = this.banner.contains(document.activeElement);
    this.banner.hidden = true;
    if (hadFocus) document.querySelector("#queue h2").focus();
  }

  /* Where windows are blocked, the link opens a tab, as links do. */
  #open(event) {
    if (window.open(this.link.href, CHANNEL, WINDOW)) event.preventDefault();
  }
}
