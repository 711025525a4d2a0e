/* Files dropped anywhere on the page, or pasted; folders are walked. */

const carriesFiles = (transfer) => transfer?.types.includes("Files") ?? false;

/* onFiles([{file, name}]) gets what was dropped; the veil shows while something hovers. */
export function acceptDrops(veil, onFiles) {
  let depth = 0; // enter and leave come for every element on the way
  const hover = (change) => {
    depth = Math.max(0, depth + change);
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
  on("drop", async (event) => {
    hover(-Infinity);
    onFiles(await dropped(event.dataTransfer));
  });
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length || event.target.closest?.("input, textarea")) return;
    event.preventDefault();
    onFiles(named(files));
  });
}

/* A picker for folders gives each file's path within the folder; others give the bare name. */
export const named = (files) =>
  [...files].map((file) => ({ file, name: file.webkitRelativePath || file.name }));

async function dropped(transfer) {
  // Entries can be asked for until the event is over, which the first await makes it.
  const items = [...transfer.items]
    .filter((item) => item.kind === "file")
    .map((item) => ({ entry: item.webkitGetAsEntry?.(), file: item.getAsFile() }));
  const found = [];
  for (const { entry, file } of items) {
    if (entry?.isDirectory) await walk(entry, `${entry.name}/`, found);
    else if (file) found.push(...named([file]));
  }
  return found;
}

async function walk(directory, path, found) {
  const reader = directory.createReader();
  for (;;) {
    // Browsers hand out a hundred entries at a time, and an empty list at the end.
    const entries = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!entries.length) return;
    for (const entry of entries) {
      const name = path + entry.name;
      if (entry.isDirectory) await walk(entry, `${name}/`, found);
      else found.push({ file: await new Promise((resolve, reject) => entry.file(resolve, reject)), name });
    }
  }
}
