/* What sending needs in any case, begun while the site is still asked which names are taken. */

import { warmUp } from "./hashing.js";
import { settings } from "./settings.js";

/* entries: {file}. */
export function getReady(entries) {
  connect();
  warmUp(entries.reduce((most, { file }) => Math.max(most, file.size), 0));
}

/* Asks the browser for a connection to S3: the first part need not wait for one. */
function connect() {
  const link = document.createElement("link");
  Object.assign(link, { rel: "preconnect", crossOrigin: "anonymous", href: settings.storage });
  document.head.append(link);
  link.remove(); // it was heard
}
