/* What a row says of its file, in words. */

import { bytes, share, speed, timeLeft } from "./format.js";

export const SEPARATOR = " · ";

export function said(item) {
  switch (item.state) {
    case "waiting":
      return [item.entry.resume ? "Waits to go on" : "Waiting", bytes(item.size)].join(SEPARATOR);
    case "sending":
      return sending(item);
    case "paused":
      return ["Paused", ...soFar(item.sent, item.size)].join(SEPARATOR);
    case "offline":
      return "You are offline. It goes on when the connection is back.";
    case "signed-out":
      return `${item.failure?.message ?? "Your sign-in has ended."} It goes on when you are signed in again.`;
    case "finishing":
      return "Finishing…";
    case "identical":
      return "Not sent: this very file is here already";
    case "done":
      return stored(item);
    case "cancelled":
      return "Cancelled";
    default:
      return item.failure?.message ?? "Failed";
  }
}

function sending(item) {
  if (item.stalled) {
    return ["Nothing has got through for a while. It keeps trying.", ...soFar(item.sent, item.size)].join(
      SEPARATOR,
    );
  }
  if ((item.entry.resume && !item.wired) || item.comparing) {
    return ["Checking what is stored already", ...soFar(item.sent, item.size)].join(SEPARATOR);
  }
  if (!item.sent) return "Starting…";
  const words = [...soFar(item.sent, item.size), ...pace(item.size - item.sent, item.meter)];
  return words.join(SEPARATOR);
}

/* “12.0 MB of 40.0 MB”, “30 %”. */
export const soFar = (sent, size) =>
  sent ? [`${bytes(sent)} of ${bytes(size)}`, share(sent, size)] : [bytes(size)];

/* Speed and time left, once there is something to judge by. */
export function pace(left, { rate }) {
  return rate > 0 ? [speed(rate), timeLeft(left / rate)] : [];
}

function stored({ name, size, stored: file }) {
  const wished = name.split("/").at(-1).normalize("NFC");
  const as = !file || file.name === wished ? "" : ` as “${file.name}”`;
  const twin = file?.same_as ? [`same content as “${file.same_as}”`] : [];
  return [`Uploaded${as}`, ...twin, bytes(size)].join(SEPARATOR);
}
