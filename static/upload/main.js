/* The uploader of the files page: takes over the plain form, which works without it. */

import { Adding } from "./adding.js";
import { configure } from "./api.js";
import { asker } from "./ask.js";
import { acceptDrops, named } from "./drop.js";
import { files } from "./format.js";
import { picker } from "./pick.js";
import { Queue } from "./queue.js";
import { expectFiles } from "./ready.js";
import { SignIn } from "./signin.js";
import { Unfinished } from "./unfinished.js";
import { View } from "./view.js";

// In an older browser the plain form stays as it is, and works.
if (!("any" in AbortSignal)) throw new Error("This browser is too old for uploads by script.");

const at = (selector) => document.querySelector(selector);
const form = at("#uploader");
const folder = form.elements.folder.value;
const { person, who, storage, hashWorker: workerUrl } = form.dataset;
configure({ person, storage, workerUrl });

const queue = new Queue();
const ask = asker(at("#upload-ask"));
const pick = picker(at("#pick-again"));
const tell = (text) => {
  at("#upload-note").textContent = text;
};

new View(queue, {
  section: at("#queue"),
  template: at("#upload-row"),
  announcer: at("#upload-news"),
  pick,
  ask,
});
new SignIn(queue, { banner: at("#sign-in-again"), person, who });
const unfinished = new Unfinished({
  queue,
  section: at("#unfinished"),
  template: at("#unfinished-row"),
  folder,
  pick,
  ask,
  tell,
});
const adding = new Adding({ queue, unfinished, ask, tell });

for (const input of document.querySelectorAll("input[type=file]")) {
  input.addEventListener("click", expectFiles);
}
for (const input of form.querySelectorAll("input[type=file]")) {
  input.addEventListener("change", () => {
    adding.add({ found: named(input.files), unreadable: 0 }, folder);
    input.value = ""; // so that the same file can be chosen again
  });
}
acceptDrops(at("#veil"), {
  onHover: expectFiles,
  onFiles: (coming) => adding.add(coming, folder),
  onCount: (count) => count > 500 && tell(`Reading the folder: ${files(count)} so far…`),
});

// listing.js shows what has come, without knowing the uploader.
queue.addEventListener("changed", ({ detail: item }) => {
  if (item.state === "done") document.dispatchEvent(new CustomEvent("files:changed"));
});

window.addEventListener("beforeunload", (event) => {
  if (adding.busy || queue.wouldLose) event.preventDefault();
});

form.dataset.ready = "";
