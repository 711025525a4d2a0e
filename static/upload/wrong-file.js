/* Why a file is not the one that an upload waits for. */

import { Failure } from "./failure.js";
import { matches } from "./fingerprint.js";
import { bytes } from "./format.js";

/* A sentence or two, or "" if it is that file. */
export async function difference(open, file) {
  if (await matches(open, file)) return "";
  const name = file.name.normalize("NFC");
  if (open.name !== name.trim()) return calledOtherwise(name, open.name);
  if (open.size !== file.size) {
    return `That “${name}” has ${bytes(file.size)}; the one whose upload began has ${bytes(open.size)}. ${ANEW}`;
  }
  if (open.last_modified !== file.lastModified) {
    return `That “${name}” was changed since its upload began. ${ANEW}`;
  }
  return `That “${name}” has another content than the one whose upload began. ${ANEW}`;
}

/* The Failure of a row, called name, for which a file of another name was chosen; or null. */
export function misnamed(name, file) {
  const [wanted, chosen] = [name.split("/").at(-1), file.name].map((one) => one.normalize("NFC"));
  if (wanted === chosen) return null;
  return new Failure(calledOtherwise(chosen, wanted), { final: true, changed: true });
}

const calledOtherwise = (chosen, wanted) => `That file is called “${chosen}”: choose “${wanted}”.`;

const ANEW = "If you want this one, add it as a new upload.";
