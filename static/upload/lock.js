/* One tab at a time sends an upload: each holds a Web Lock of its name, which all tabs of this browser see.
   Locks end with their tab, however that ends. */

const PREFIX = "strongbox.upload.";

/* A function that lets go of it again; null if another tab holds it. Where the browser has no locks,
   nobody does. */
export function hold(id) {
  if (!navigator.locks) return Promise.resolve(() => {});
  return new Promise((resolve) => {
    const given = (lock) => (lock ? new Promise((letGo) => resolve(letGo)) : resolve(null));
    const refused = () => resolve(() => {}); // by the browser: then nobody has locks
    navigator.locks.request(PREFIX + id, { ifAvailable: true }, given).catch(refused);
  });
}

/* Ids of the uploads that a tab of this browser, this one too, has in its queue; none where it has no locks. */
export async function heldAnywhere() {
  const { held = [] } = (await navigator.locks?.query().catch(() => null)) ?? {};
  const ours = held.filter(({ name }) => name.startsWith(PREFIX));
  return new Set(ours.map(({ name }) => name.slice(PREFIX.length)));
}
