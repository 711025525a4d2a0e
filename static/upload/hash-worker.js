/* Reads and hashes one piece of a file at a time, off the page's thread: its buffers never burden it. */

let room = new ArrayBuffer(0); // for one piece after the other: buffers of their own would pile up until collected

addEventListener("message", async ({ data: blob }) => {
  try {
    const digest = await crypto.subtle.digest("SHA-256", await read(blob));
    postMessage({ digest }, [digest]);
  } catch (error) {
    postMessage({ error: error.name });
  }
});

async function read(blob) {
  try {
    return await readInto(blob);
  } catch {
    // No byte streams in this browser; or no file any more, and this says which trouble it is.
    room = new ArrayBuffer(0);
    return blob.arrayBuffer();
  }
}

/* The stream takes the buffer along with each read, and gives it back: nothing is copied. */
async function readInto(blob) {
  const reader = blob.stream().getReader({ mode: "byob" });
  if (room.byteLength < blob.size) room = new ArrayBuffer(blob.size);
  let size = 0;
  while (size < blob.size) {
    const { value, done } = await reader.read(new Uint8Array(room, size, blob.size - size));
    room = value.buffer;
    if (done) throw new DOMException("It has become shorter.", "NotReadableError");
    size += value.byteLength;
  }
  return new Uint8Array(room, 0, size);
}
