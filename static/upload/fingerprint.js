/* Knowing a file again, another day, without reading all of it. */

import { base64, canHash } from "./hashing.js";

const SAMPLE = 64 * 1024;

/* Base64 SHA-256 over the size (8 bytes, big-endian) and the first, middle and last 64 KiB, which in
   small files overlap; "" where the browser does not hash. */
export async function fingerprint(file) {
  if (!canHash) return "";
  const size = new DataView(new ArrayBuffer(8));
  size.setBigUint64(0, BigInt(file.size));
  const last = Math.max(0, file.size - SAMPLE);
  const samples = [0, Math.floor(last / 2), last].map((start) =>
    file.slice(start, start + SAMPLE, "application/octet-stream"),
  );
  const bytes = await new Blob([size.buffer, ...samples]).arrayBuffer();
  return base64(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

/* Whether this is the file that an unfinished upload (an OpenOut) was started with. The cheap signs come
   first: the file is read only when all of them agree. */
export async function matches(open, file) {
  if (open.size !== file.size || open.last_modified !== file.lastModified) return false;
  if (open.name !== file.name.normalize("NFC").trim()) return false;
  try {
    return open.fingerprint === (await fingerprint(file));
  } catch {
    return false; // it cannot be read, so it is not the file
  }
}
