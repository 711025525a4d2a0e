/* What sending needs in any case, begun while the site is still asked which names are taken. */

import { warmUp } from "./hashing.js";
import { hosts } from "./hosts.js";

/* entries: {file}. */
export function getReady(entries) {
  connect();
  warmUp(entries.reduce((most, { file }) => Math.max(most, file.size), 0));
}

/* Asks the browser for a connection to each of S3's hosts: the first parts need not wait for one. */
function connect() {
  for (const href of hosts.all) {
    const link = document.createElement("link");
    Object.assign(link, { rel: "preconnect", crossOrigin: "anonymous", href });
    document.head.append(link);
    link.remove(); // it was heard
  }
}
