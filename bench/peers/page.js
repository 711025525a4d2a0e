/* What every peer's page does around its peer: from the input's change to the last file stored. The
   options are in the address: s3 (the endpoint), part (bytes), limit (connections), "" for its own. */

const query = new URLSearchParams(location.search);

export const options = {
  s3: query.get("s3"),
  part: Number(query.get("part")) || undefined,
  limit: Number(query.get("limit")) || undefined,
};

/* upload(files): a promise that is fulfilled once all of them are stored. */
export function measure(upload) {
  const told = (window.bench = {});
  told.over = new Promise((resolve) => (told.resolve = resolve));
  document.querySelector("#pick").addEventListener("change", async ({ target }) => {
    const began = performance.now();
    try {
      await upload([...target.files]);
      told.resolve({ began: performance.timeOrigin + began, seconds: (performance.now() - began) / 1000 });
    } catch (error) {
      told.resolve({ failed: String(error?.message ?? error) });
    }
  });
  document.body.dataset.ready = "";
}
