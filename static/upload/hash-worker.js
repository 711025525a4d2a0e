/* Reads and hashes one piece of a file at a time, off the page's thread: its buffers never burden it. */

const reader = new FileReaderSync();

addEventListener("message", async ({ data: blob }) => {
  try {
    const digest = await crypto.subtle.digest("SHA-256", reader.readAsArrayBuffer(blob));
    postMessage({ digest }, [digest]);
  } catch (error) {
    postMessage({ error: error.name });
  }
});
