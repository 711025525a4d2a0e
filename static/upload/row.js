/* One file's row. Names are set as text, never as markup. */

import { said } from "./said.js";

const BARRED = new Set(["sending", "offline", "paused", "signed-out", "finishing"]);

/* Whose place the template's address holds. */
const NOBODY = "00000000-0000-0000-0000-000000000000";

export class Row {
  #stored = null; // whose proof is shown

  constructor(item, template, act) {
    this.item = item;
    this.element = template.content.firstElementChild.cloneNode(true);
    const part = (selector) => this.element.querySelector(selector);
    this.bar = part("progress");
    this.said = part(".said");
    this.proof = part(".proof");
    this.buttons = [...this.element.querySelectorAll("[data-do]")];
    part(".name").textContent = item.name;
    this.bar.setAttribute("aria-label", `Progress of ${item.name}`);
    for (const button of this.buttons) {
      const { do: action } = button.dataset;
      button.setAttribute("aria-label", `${button.textContent.trim()} ${item.name}`);
      button.addEventListener("click", () => act(action, item, this));
    }
    this.draw();
  }

  get hasFocus() {
    return this.element.contains(document.activeElement);
  }

  /* The first thing in it that can be acted on. */
  get handle() {
    return this.buttons.find((button) => !button.hidden && button.dataset.do !== "copy");
  }

  /* Only what differs is written: most rows stay as they are most of the time. */
  draw() {
    const { item } = this;
    const lost = this.hasFocus ? document.activeElement : null;
    if (this.element.dataset.state !== item.state) this.#enter(item);
    const text = said(item);
    if (this.said.textContent !== text) this.said.textContent = text;
    if (!this.bar.hidden) this.bar.value = item.size ? item.sent / item.size : 0;
    this.element.toggleAttribute("data-stalled", item.stalled);
    // A button that goes must not take the keyboard's place with it.
    if (lost?.hidden) this.handle?.focus();
  }

  #enter(item) {
    this.element.dataset.state = item.state;
    this.bar.hidden = !BARRED.has(item.state);
    for (const button of this.buttons) {
      if (button.dataset.do !== "copy") button.hidden = !item.may(button.dataset.do);
    }
    this.#prove(item);
  }

  /* The hash that was computed here and that S3 has confirmed. */
  #prove({ state, stored, transfer }) {
    const { proof } = transfer;
    const proven = state === "done" && Boolean(proof?.verified);
    this.proof.hidden = !proven;
    if (!proven || this.#stored === stored) return;
    this.#stored = stored;
    this.proof.querySelector("summary").title = `SHA-256: ${proof.sha256}`;
    this.proof.querySelector("code").textContent = proof.sha256;
    const link = this.proof.querySelector("a");
    link.href = link.getAttribute("href").replace(NOBODY, stored.id);
  }
}
