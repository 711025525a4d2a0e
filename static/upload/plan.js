/* How a file is cut into parts, and how many are signed at once. Pure arithmetic.

   S3's bounds: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

export const SINGLE_PUT_UP_TO = 16 * MIB;
const MOST_PARTS = 10_000;
const LEAST_PART = 5 * MIB; // but for the last one
const MOST_PART = 5 * GIB;
/* WebCrypto takes the whole part at once: a larger one would burden the memory, so that such an upload
   goes without checksums. It is one of more than 9.7 TiB, or one that another program began. */
export const MOST_HASHED = GIB;

/* What is in flight when the page goes away is lost, and a part that is refused is sent again: each is a small share
   of its file. */
const SHARES = 100;
const MOST_UNKNOWN = 32 * MIB; // while nothing is known of the line
const WORTH_IT = 8 * MIB; // what is not much larger than S3's least saves few requests

/* A connection idles for two round trips around a part: the CORS preflight, which browsers remember for one address
   only, and the wait for the answer. Another goes on meanwhile, if there is one; otherwise it is little after
   3 s of sending. What takes more than 10 s is much to lose. */
const LEAST_SECONDS = 1;
const LEAST_SECONDS_OF_ALL = 3;
const MOST_SECONDS = 10;
const ANY_LANES = 24; // a multiple of what unknown lines turn out to have: 2, 6 or 8
const MOST_KNOWN = 128 * MIB; // a hasher has one part in memory

const FIRST_WINDOW = 16 * MIB; // hashed before anything is sent
const LARGEST_WINDOW = 64 * MIB; // the first of them waits until all are hashed
const MOST_IN_WINDOW = 8;
const LEAST_IN_FIRST = 2; // as many as there are lanes at first, and hashers

/* Bytes of every part but the last. link: what is known of it, as lanes.js tells. */
export function partSize(size, link = null) {
  if (size <= SINGLE_PUT_UP_TO) return Math.max(size, 1);
  const least = Math.max(LEAST_PART, size / MOST_PARTS);
  const wished = link ? suitable(size, link) : prudent(size);
  const even = wished > least ? evenly(size, wished, link?.lanes ?? ANY_LANES) : wished;
  return Math.min(wholeMib(Math.max(even, least)), MOST_PART);
}

export const partCount = (size, part) => Math.max(1, Math.ceil(size / part));

function prudent(size) {
  const share = size / SHARES;
  return share < WORTH_IT ? LEAST_PART : Math.min(share, MOST_UNKNOWN);
}

function suitable(size, { lanes, speed, spare }) {
  const second = speed / lanes;
  const seconds = spare ? LEAST_SECONDS : LEAST_SECONDS_OF_ALL;
  const least = Math.min(seconds * second, MOST_KNOWN);
  const most = Math.min(MOST_SECONDS * second, MOST_KNOWN);
  return clamp(size / SHARES, least, most);
}

/* As many parts as make a multiple of the lanes, so that none is without work while others send the end. */
function evenly(size, wished, lanes) {
  const rounds = Math.max(1, Math.round(size / wished / lanes));
  return size / (rounds * lanes);
}

/* Parts in the nth window, from 0: few at first, so that sending starts at once. */
export function windowLength(part, nth) {
  const most = clamp(Math.floor(LARGEST_WINDOW / part), 1, MOST_IN_WINDOW);
  const first = clamp(Math.floor(FIRST_WINDOW / part), LEAST_IN_FIRST, most);
  return Math.min(first * 2 ** nth, most);
}

const clamp = (value, least, most) => Math.min(Math.max(value, least), most);
const wholeMib = (bytes) => Math.ceil(bytes / MIB) * MIB;
