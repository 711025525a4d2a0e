/* The uploader of the files page: takes over the plain form, which works without it. */

import { acceptDrops, named } from "./drop.js";
import { Queue } from "./queue.js";
import { View } from "./view.js";

const form = document.querySelector("#uploader");
const queue = new Queue();

new View(queue, {
  section: document.querySelector("#queue"),
  template: document.querySelector("#upload-row"),
  announcer: document.querySelector("#upload-news"),
  signInUrl: form.dataset.signIn,
});

const add = (found) => queue.add(found, form.elements.folder.value);

for (const input of form.querySelectorAll("input[type=file]")) {
  input.addEventListener("change", () => {
    add(named(input.files));
    input.value = ""; // so that the same file can be chosen again
  });
}
acceptDrops(document.querySelector("#veil"), add);

// listing.js shows what has come, without knowing the uploader.
queue.addEventListener("changed", ({ detail: item }) => {
  if (item.state === "done") document.dispatchEvent(new CustomEvent("files:changed"));
});

window.addEventListener("beforeunload", (event) => {
  if (queue.unfinished.length) event.preventDefault();
});

form.dataset.ready = "";
