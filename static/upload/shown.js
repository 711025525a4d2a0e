/* Which of the files have a row. A few hundred rows at most: ten thousand would make the page slow, and
   nobody reads them. Rows stand in the order of the line and never change places by themselves: those
   that are through leave when others need the room, and those that come next appear below. */

export const PAGE = 100;

/* The items to show, in order. shown: the items that have a row now; held: one that must keep it,
   because somebody is at it. */
export function choose(queue, shown, most, held = null) {
  if (queue.items.size <= most) return inOrder(queue.items);
  const chosen = new Set(held ? [held] : []);
  const take = (items, limit = most) => {
    for (const item of items) {
      if (chosen.size >= limit) return;
      chosen.add(item);
    }
  };
  const travelling = [...queue.in("sending", "offline", "signed-out", "finishing")];
  // What asks for somebody comes first, but leaves room for what moves.
  take(queue.in("failed", "identical"), most / 2);
  take(travelling.filter((item) => item.kind === "large"));
  take(travelling, most - SOON);
  take([...shown].filter((item) => item.moving || item.state === "paused"));
  take(queue.line);
  take(queue.in("paused", "failed", "identical"));
  take(shown);
  if (chosen.size < most) take(newest([...queue.in("done", "cancelled")], most));
  return inOrder(chosen);
}

const SOON = 10; // rows for those that are next

const newest = (items, most) => items.slice(-most).reverse();

const inOrder = (items) => [...items].sort((one, other) => one.place - other.place);
