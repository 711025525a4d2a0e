/* How a file is cut into parts, and how many are signed at once. Pure arithmetic.

   S3's bounds: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

export const SINGLE_PUT_UP_TO = 16 * MIB;
const MOST_PARTS = 10_000;
const LEAST_PART = 5 * MIB; // but for the last one
const STEP = 64 * 1024; // bytes that a part is a multiple of: for round numbers, no rule of S3's
const MOST_PART = 5 * GIB;
/* WebCrypto takes the whole part at once: a larger one would burden the memory, so that such an upload
   goes without checksums. It is one of more than 9.7 TiB, or one that another program began. */
export const MOST_HASHED = GIB;

/* What is in flight when the page goes away is lost, and a part that is refused is sent again: each is a small share
   of its file. */
const SHARES = 100;
const MOST_UNKNOWN = 16 * MIB; // of an unknown line: before its last lane begins, a part is hashed for each
const WORTH_IT = 8 * MIB; // what is not much larger than S3's least saves few requests

/* A connection idles for two round trips around a part: the CORS preflight, which browsers remember for one address
   only, and the wait for the answer. Another goes on meanwhile, if there is one; otherwise it is little after
   3 s of sending. More would be more to hash at first, and to lose. */
const SECONDS = 1;
const SECONDS_OF_ALL = 3;
const ANY_LANES = 24; // a multiple of what unknown lines turn out to have: 2, 6 or 8
const MOST_KNOWN = 128 * MIB; // a hasher has one part in memory

const LARGEST_WINDOW = 64 * MIB; // the first of them waits until all are hashed
const MOST_IN_WINDOW = 8;
const FIRST_WINDOW = 16 * MIB; // hashed before anything is sent …
const LEAST_IN_FIRST = 2; // … or so many parts, for the lanes of an unknown line; fewer if they would be too large

/* Bytes of every part but the last. link: what is known of it, as lanes.js tells. */
export function partSize(size, link = null) {
  if (size <= SINGLE_PUT_UP_TO) return Math.max(size, 1);
  const least = Math.max(LEAST_PART, size / MOST_PARTS);
  const wished = link ? suitable(link) : prudent(size);
  const even = wished > least ? evenly(size, wished, link?.lanes ?? ANY_LANES) : wished;
  return Math.min(wholeSteps(Math.max(even, least)), MOST_PART);
}

export const partCount = (size, part) => Math.max(1, Math.ceil(size / part));

function prudent(size) {
  const share = size / SHARES;
  return share < WORTH_IT ? LEAST_PART : Math.min(share, MOST_UNKNOWN);
}

function suitable({ lanes, speed, spare }) {
  const seconds = spare ? SECONDS : SECONDS_OF_ALL;
  return Math.min((seconds * speed) / lanes, MOST_KNOWN);
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
const wholeSteps = (bytes) => Math.ceil(bytes / STEP) * STEP;
