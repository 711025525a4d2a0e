/* Numbers as people read them. Sizes as the server writes them (Django's filesizeformat). */

const UNITS = ["bytes", "KB", "MB", "GB", "TB"];
const NARROW = "\u00a0"; // keeps a number and its unit on one line

export function bytes(count) {
  if (count < 1024) return `${count}${NARROW}${count === 1 ? "byte" : "bytes"}`;
  const power = Math.min(Math.floor(Math.log2(count) / 10), UNITS.length - 1);
  return `${(count / 1024 ** power).toFixed(1)}${NARROW}${UNITS[power]}`;
}

export const speed = (bytesPerSecond) => `${bytes(Math.round(bytesPerSecond))}/s`;

/* Never 100 before the end. */
export const share = (sent, size) => `${size ? Math.floor((100 * sent) / size) : 100}${NARROW}%`;

/* Rounded the more the longer it is: nobody waits 1 h 3 min 12 s. */
export function timeLeft(seconds) {
  if (seconds < 1) return "a moment left";
  if (seconds < 60) return `${Math.ceil(seconds)}${NARROW}s left`;
  if (seconds < 3600) return `${Math.round(seconds / 60)}${NARROW}min left`;
  if (seconds > 86_400) return "more than a day left";
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)}${NARROW}h ${minutes % 60}${NARROW}min left`;
}

export const number = (count) => count.toLocaleString("en");

export const files = (count) => (count === 1 ? "1 file" : `${number(count)} files`);

/* “a”, “b” and 3 more: the first names of many. */
export function firstNames(names, most = 3) {
  const told = names.slice(0, most).map((name) => `“${name}”`);
  const rest = names.length - told.length;
  if (rest) return `${told.join(", ")} and ${number(rest)} more`;
  return told.length < 2 ? told.join("") : `${told.slice(0, -1).join(", ")} and ${told.at(-1)}`;
}
