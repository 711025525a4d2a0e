/* SHA-256 of pieces of files, by the browser's own code: in two workers, or here where there are none. */

import { Failure } from "./failure.js";
import { settings } from "./settings.js";

const WORKERS = 2; // reading one piece overlaps with hashing another; more would be more memory
const TINY = 1024 * 1024; // bytes up to which the way to a worker and back costs more than it saves
const DIGEST = 32; // bytes
const MOST_READ = 512 * 1024 * 1024;
const PATIENCE = 60_000; // milliseconds that a worker may take, and another for each so many bytes:
const SLOWEST = 4 * 1024; // it may have died without a word
const AGAIN = 60_000; // milliseconds after which a script that could not be loaded may be there

/* Browsers offer it on https and localhost only. Without it S3 still checks each piece's length. */
export const canHash = Boolean(globalThis.crypto?.subtle);

/* The 32 bytes. Each piece is in memory only while it is hashed, and few are at a time. */
export async function sha256(blob, signal) {
  if (!canHash) throw new Failure("This browser takes no checksums, which this upload needs.", { final: true });
  const places = blob.size <= TINY ? here : anywhere;
  return new Promise((resolve, reject) => {
    const job = { blob, signal, resolve, reject };
    signal?.addEventListener("abort", (job.abort = () => reject(signal.reason)));
    if (signal?.aborted) job.abort();
    places.add(job);
  }).catch(unreadable);
}

/* Has the workers come up, if a piece of so many bytes would need them. */
export function warmUp(size) {
  if (!canHash || size <= TINY) return;
  const job = { blob: new Blob(), resolve() {}, reject() {} };
  for (let worker = 0; worker < WORKERS; worker += 1) anywhere.add(job);
}

/* Base64, as S3's x-amz-checksum-sha256 wants it. */
export const base64 = (bytes) => btoa(String.fromCharCode(...bytes));

/* What S3 keeps for an object of several parts: the hash of their hashes, and how many they are.
   https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html */
export async function composite(digests) {
  const hash = await crypto.subtle.digest("SHA-256", digests);
  return `${base64(new Uint8Array(hash))}-${digests.length / DIGEST}`;
}

/* Jobs in the order they came, as many at a time as there are places. */
class Places {
  #free;
  #jobs = [];

  constructor(hashers) {
    this.#free = hashers;
  }

  add(job) {
    this.#jobs.push(job);
    this.#next();
  }

  async #next() {
    if (!this.#free.length || !this.#jobs.length) return;
    const hasher = this.#free.pop();
    const { blob, signal, resolve, reject, abort } = this.#jobs.shift();
    try {
      if (!signal?.aborted) resolve(new Uint8Array(await hasher(blob)));
    } catch (error) {
      reject(error);
    }
    signal?.removeEventListener("abort", abort);
    this.#free.push(hasher);
    this.#next();
  }
}

const inPage = async (blob) => crypto.subtle.digest("SHA-256", await blob.arrayBuffer());

/* A hasher that makes its worker when it is needed, and does without one that does not come up. What a worker has
   read is given back late, but all of it at its end: so another takes its place after so many bytes. */
export function inWorker(most = MOST_READ) {
  let worker = null;
  let read = 0;
  let usableFrom = typeof Worker === "function" ? -Infinity : Infinity;
  const end = () => {
    worker?.terminate();
    worker = null;
    read = 0;
  };
  return async (blob) => {
    if (performance.now() < usableFrom) return inPage(blob);
    try {
      worker ??= new Worker(settings.workerUrl, { type: "module" });
      const digest = await answer(worker, blob);
      read += blob.size;
      if (read >= most) end();
      return digest;
    } catch (error) {
      if (error instanceof DOMException && READING.has(error.name)) throw error;
      usableFrom = error.silent ? Infinity : performance.now() + AGAIN;
      end();
      return inPage(blob);
    }
  };
}

function answer(worker, blob) {
  let timer;
  const answered = new Promise((resolve, reject) => {
    const fail = (silent) => reject(Object.assign(new Error("The worker failed."), { silent }));
    timer = setTimeout(() => fail(true), PATIENCE + blob.size / SLOWEST);
    worker.onmessage = ({ data }) =>
      data.digest ? resolve(data.digest) : reject(new DOMException("", data.error));
    worker.onerror = (event) => {
      event.preventDefault(); // it is no news: the page goes on without this worker
      fail(false);
    };
    worker.postMessage(blob);
  });
  return answered.finally(() => clearTimeout(timer));
}

const READING = new Set(["NotReadableError", "NotFoundError"]);

function unreadable(error) {
  if (!(error instanceof DOMException && READING.has(error.name))) throw error;
  throw new Failure(
    "This file cannot be read. It may have been changed, moved or deleted, or be a folder. Add it again.",
    { final: true },
  );
}

const here = new Places(Array.from({ length: 4 }, () => inPage));
const anywhere = new Places(Array.from({ length: WORKERS }, () => inWorker()));
