/* Numbers as people read them. Sizes as the server writes them (Django's filesizeformat). */

const UNITS = ["bytes", "KB", "MB", "GB", "TB"];
const NARROW = "\u00a0"; // keeps a number and its unit on one line

export function bytes(count) {
  if (count < 1024) return `${count}${NARROW}${count === 1 ? "byte" : "bytes"}`;
  const power = Math.min(Math.floor(Math.log2(count) / 10), UNITS.length - 1);
  return `${(count / 1024 ** power).toFixed(1)}${NARROW}${UNITS[power]}`;
}

export const speed = (bytesPerSecond) => `${bytes(Math.round(bytesPerSecond))}/s`;

/* Rounded the more the longer it is: nobody waits 1 h 3 min 12 s. */
export function timeLeft(seconds) {
  if (seconds < 1) return "a moment left";
  if (seconds < 60) return `${Math.ceil(seconds)}${NARROW}s left`;
  if (seconds < 3600) return `${Math.round(seconds / 60)}${NARROW}min left`;
  if (seconds > 86_400) return "more than a day left";
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)}${NARROW}h ${minutes % 60}${NARROW}min left`;
}

export const files = (count) => (count === 1 ? "1 file" : `${count} files`);

/* How fast bytes went in the last few seconds. A part that failed takes its bytes back, so what is
   stored may shrink: the rate never falls below 0. */
export class Meter {
  #samples = [];

  constructor(windowMilliseconds = 4000) {
    this.window = windowMilliseconds;
  }

  add(total, now = performance.now()) {
    const samples = this.#samples;
    samples.push({ total, now });
    while (samples.length > 2 && now - samples[0].now > this.window) samples.shift();
  }

  /* Bytes per second; 0 until a quarter of a second has been seen. */
  get rate() {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    const elapsed = first ? last.now - first.now : 0;
    return elapsed < 250 ? 0 : Math.max(0, ((last.total - first.total) * 1000) / elapsed);
  }

  forget() {
    this.#samples = [];
  }
}
