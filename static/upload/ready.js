/* What sending needs in any case, begun while somebody still chooses, and while the site is asked which names are
   taken. */

import { canHash, warmUp } from "./hashing.js";
import { hosts } from "./hosts.js";
import { lanes } from "./lanes.js";
import { Parts } from "./parts.js";
import { MOST_HASHED, partSize, SINGLE_PUT_UP_TO, windowLength } from "./plan.js";

const begun = new WeakMap(); // file → its parts

/* Files seem to be coming: whatever size they turn out to have. */
export function expectFiles() {
  connect();
  warmUp(Infinity);
}

/* entries: {file}. They have come; if they were expected long ago, connections have been closed since. */
export function getReady(entries) {
  connect();
  warmUp(entries.reduce((most, { file }) => Math.max(most, file.size), 0));
}

/* Nothing of a large file is sent before its first window is hashed. */
export function hashAhead(entries) {
  const first = entries.find(({ file }) => file.size > SINGLE_PUT_UP_TO);
  if (!first) return;
  const parts = takeParts(first.file);
  begun.set(first.file, parts);
  firstHashes(parts).catch(() => {}); // told when they are asked for
}

/* The file as parts, some of which may have been hashed. */
export function takeParts(file) {
  const parts = begun.get(file);
  begun.delete(file);
  if (parts) return parts;
  const size = partSize(file.size, lanes.known);
  return new Parts(file, size, canHash && size <= MOST_HASHED);
}

export const firstHashes = (parts, signal) => parts.hashes(1, windowLength(parts.partSize, 0), signal);

/* Asks the browser for a connection to each of S3's hosts: the first parts need not wait for one. */
function connect() {
  for (const href of hosts.all) {
    const link = document.createElement("link");
    Object.assign(link, { rel: "preconnect", crossOrigin: "anonymous", href });
    document.head.append(link);
    link.remove(); // it was heard
  }
}
