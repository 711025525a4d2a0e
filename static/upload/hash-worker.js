/* Reads and hashes one piece of a file at a time, off the page's thread: its buffers never burden it. */

addEventListener("message", async ({ data: blob }) => {
  try {
    const digest = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
    postMessage({ digest }, [digest]);
  } catch (error) {
    postMessage({ error: error.name });
  }
});
