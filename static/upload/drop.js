/* Files dropped anywhere on the page, or pasted; folders are walked. */

const carriesFiles = (transfer) => transfer?.types.includes("Files") ?? false;

/* onFiles(promise of {found: [{file, name}], unreadable: how many}) is told at once; walking a folder of
   thousands takes its time, and onCount(how many so far) hears of it. The veil shows while something hovers,
   which onHover() is told of when it begins. */
export function acceptDrops(veil, { onFiles, onCount, onHover }) {
  let depth = 0; // enter and leave come for every element on the way
  const hover = (change) => {
    depth = Math.max(0, depth + change);
    if (veil.hidden && depth) onHover();
    veil.hidden = depth === 0;
  };
  const on = (type, react) =>
    window.addEventListener(type, (event) => {
      if (!carriesFiles(event.dataTransfer) || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      react(event);
    });
  on("dragenter", () => hover(+1));
  on("dragleave", () => hover(-1));
  on("dragover", (event) => {
    event.dataTransfer.dropEffect = "copy";
  });
  on("drop", (event) => {
    hover(-Infinity);
    onFiles(dropped(event.dataTransfer, onCount));
  });
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length || event.target.closest?.("input, textarea")) return;
    if (document.querySelector("dialog[open]")) return;
    event.preventDefault();
    onFiles(Promise.resolve({ found: named(files), unreadable: 0 }));
  });
}

/* A picker for folders gives each file's path within the folder; others give the bare name. */
export const named = (files) =>
  Array.from(files, (file) => ({ file, name: file.webkitRelativePath || file.name }));

async function dropped(transfer, onCount) {
  // Entries can be asked for until the event is over, which the first await makes it.
  const items = [...transfer.items]
    .filter((item) => item.kind === "file")
    .map((item) => ({ entry: item.webkitGetAsEntry?.(), file: item.getAsFile() }));
  const heap = { found: [], unreadable: 0 };
  for (const { entry, file } of items) {
    if (entry?.isDirectory) await walk(entry, `${entry.name}/`, heap, onCount);
    else if (file) heap.found.push(...named([file]));
  }
  return heap;
}

/* Adds every file below to heap.found; empty folders leave no trace. What cannot be read is counted. */
export async function walk(directory, path, heap, onCount = () => {}) {
  const reader = directory.createReader();
  for (;;) {
    // Browsers hand out a hundred entries at a time, and an empty list at the end.
    const entries = await promised((...both) => reader.readEntries(...both)).catch(() => null);
    if (!entries) heap.unreadable += 1;
    if (!entries?.length) return;
    const read = await Promise.all(entries.filter(isFile).map((entry) => fileOf(entry, path)));
    heap.found.push(...read.filter(Boolean));
    heap.unreadable += read.filter((one) => !one).length;
    onCount(heap.found.length);
    for (const entry of entries) {
      if (entry.isDirectory) await walk(entry, `${path}${entry.name}/`, heap, onCount);
    }
  }
}

const isFile = (entry) => !entry.isDirectory;

async function fileOf(entry, path) {
  try {
    return { file: await promised((...both) => entry.file(...both)), name: path + entry.name };
  } catch {
    return null;
  }
}

/* The entries' callbacks, as a promise. */
const promised = (start) => new Promise((resolve, reject) => start(resolve, reject));
