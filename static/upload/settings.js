/* What the page tells these modules. */

export const settings = {
  person: "", // who this page belongs to
  storage: "", // the address of S3
  // The template knows the hashed name, which browsers may keep for good; this is the plain one.
  workerUrl: new URL("./hash-worker.js", import.meta.url).href,
};
