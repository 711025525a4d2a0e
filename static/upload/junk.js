/* What systems put into every folder by themselves, and nobody means to keep. */

const NAMES = new Set([".ds_store", "thumbs.db", "ehthumbs.db", "desktop.ini", ".localized", "icon\r"]);
const FOLDERS = new Set(["__macosx", ".spotlight-v100", ".trashes", ".fseventsd", "$recycle.bin"]);

/* Whether a file of a folder is such a one. One that was chosen by itself (no slash) is meant. */
export function isJunk(name) {
  const steps = name.toLowerCase().split("/");
  const last = steps.pop();
  if (!steps.length) return false;
  return NAMES.has(last) || last.startsWith("._") || steps.some((step) => FOLDERS.has(step));
}
