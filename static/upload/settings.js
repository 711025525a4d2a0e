/* What the page tells these modules. */

export const settings = {
  person: "", // who this page belongs to
  storage: [], // the origins of S3: its host names, the main one first
  // The template knows the hashed name, which browsers may keep for good; this is the plain one.
  workerUrl: new URL("./hash-worker.js", import.meta.url).href,
};
