/* Why a file is not the one that an unfinished upload waits for. */

import { matches } from "./fingerprint.js";
import { bytes } from "./format.js";

/* A sentence or two, or "" if it is that file. */
export async function difference(open, file) {
  if (await matches(open, file)) return "";
  const name = file.name.normalize("NFC");
  if (open.name !== name.trim()) return `That file is called “${name}”: choose “${open.name}”.`;
  if (open.size !== file.size) {
    return `That “${name}” has ${bytes(file.size)}; the one whose upload began has ${bytes(open.size)}. ${ANEW}`;
  }
  if (open.last_modified !== file.lastModified) {
    return `That “${name}” was changed since its upload began. ${ANEW}`;
  }
  return `That “${name}” has another content than the one whose upload began. ${ANEW}`;
}

const ANEW = "If you want this one, add it as a new upload.";
