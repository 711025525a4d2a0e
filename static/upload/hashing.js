/* SHA-256 of a piece of a file, by the browser's own code and off this thread. */

import { Failure } from "./failure.js";

/* Browsers offer it on https and localhost only. Without it S3 still checks each piece's length. */
export const canHash = Boolean(globalThis.crypto?.subtle);

/* Base64, as S3's x-amz-checksum-sha256 wants it. The bytes are in memory only meanwhile. */
export async function sha256(blob) {
  return base64(await crypto.subtle.digest("SHA-256", await read(blob)));
}

async function read(blob) {
  try {
    return await blob.arrayBuffer();
  } catch {
    throw new Failure(
      "This file cannot be read. It may have been changed, moved or deleted, or be a folder. Add it again.",
      { final: true },
    );
  }
}

function base64(buffer) {
  return btoa(String.fromCharCode(...new Uint8Array(buffer)));
}
