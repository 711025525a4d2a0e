/* Reads and hashes one piece of a file at a time, off the page's thread: its buffers never burden it. */

addEventListener("message", async ({ data: blob }) => {
  try {
    const bytes = await blob.arrayBuffer();
    const digest = await crypto.subtle.digest("SHA-256", bytes);
    bytes.transfer?.(0); // gives the memory back at once; the collector would come some parts later
    postMessage({ digest }, [digest]);
  } catch (error) {
    postMessage({ error: error.name });
  }
});
