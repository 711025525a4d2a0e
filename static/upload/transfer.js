/* One file on its way to S3: started, sent, completed, and proved to be there as it is here. */

import { abortUpload, completeUpload, startUpload } from "./api.js";
import { completions, starts } from "./batch.js";
import { Failure, fileChanged } from "./failure.js";
import { fingerprint } from "./fingerprint.js";
import { hold } from "./lock.js";
import { Parts } from "./parts.js";
import { SINGLE_PUT_UP_TO } from "./plan.js";
import { firstHashes, takeParts } from "./ready.js";
import { persist, unlessAborted } from "./retry.js";
import { Upload } from "./upload.js";

export class Transfer {
  proof = null; // {sha256, partSize, verified}, once it is through
  #upload = null;
  #starting = null;
  #letGo = null; // of the lock that keeps other tabs away from it
  #spent = 0; // bytes sent for uploads that were given up

  /* replaces: the content that “replace” may end, by its ETag. resume: an unfinished upload of this very file, as
     the API describes it: with how much of it is stored, what is missing goes first. */
  constructor(file, path, { onConflict = "rename", replaces = "", resume = null } = {}) {
    Object.assign(this, { file, path, onConflict, replaces });
    if (resume) this.#upload = new Upload(resume.id, partsOf(file, resume), null);
  }

  get id() {
    return this.#upload?.id ?? null;
  }

  /* Whether it is one PUT, started and completed together with others. */
  get small() {
    return this.#upload ? this.#upload.parts.count === 1 : this.file.size <= SINGLE_PUT_UP_TO;
  }

  /* Bytes that are stored or on the wire. */
  get sent() {
    return this.#upload?.sent ?? 0;
  }

  /* Nothing is on the wire: what S3 has of the file is compared with it. */
  get comparing() {
    return this.#upload?.comparing ?? false;
  }

  /* By all tries together. */
  get bytesSent() {
    return this.#spent + (this.#upload?.bytesSent ?? 0);
  }

  /* The stored file, as the API describes it. After a failure or a pause, run again: parts that S3 has are
     not sent twice. hooks: onProgress(), onFinishing(), onOffline(boolean), onStalled(boolean). */
  async run(signal, hooks) {
    const keep = { signal, onOffline: hooks.onOffline };
    try {
      await this.#start(keep);
      const stored = await this.#sendAndComplete(keep, hooks);
      this.leave();
      await this.#prove(stored);
      return stored;
    } catch (failure) {
      if (failure.gone) this.#forget()?.();
      throw failure;
    }
  }

  /* Ends the upload on the server too, unless it is another tab's. A failure is not the person's concern:
     S3's own rule ends what is left. */
  async discard() {
    const { id, small } = this;
    let letGo = this.#forget();
    if (!id) return;
    if (!small) letGo ??= await hold(id);
    if (small || letGo) await abortUpload(id).catch(() => {});
    letGo?.();
  }

  /* It stays open on the server, to go on in another tab or on another day. */
  leave() {
    this.#letGo?.();
    this.#letGo = null;
  }

  /* What lets go of the lock is the caller's. */
  #forget() {
    const letGo = this.#letGo;
    this.#spent = this.bytesSent;
    this.#upload = this.#starting = this.#letGo = null;
    return letGo;
  }

  /* From here on until it is left, discarded or through, no other tab sends it. Small ones are never shared. */
  async #hold() {
    const upload = this.#upload;
    if (this.small || this.#letGo) return;
    const letGo = await hold(upload.id);
    if (!letGo) throw new Failure("Another tab or window of this browser is sending this file.");
    if (this.#upload === upload) this.#letGo = letGo;
    else letGo(); // it was discarded meanwhile
  }

  async #start(keep) {
    await this.#starting?.catch(() => {}); // by a run that was paused meanwhile
    if (this.#upload) return this.#hold();
    await unlessAborted(keep.signal, this.#open(takeParts(this.file), keep));
  }

  /* Goes on when the run is aborted: what was opened has to be known, to be resumed or ended. */
  #open(parts, keep) {
    const coming = this.#described(parts, keep);
    const opening =
      parts.count > 1
        ? coming.then((body) => persist(() => startUpload(body), keep))
        : starts.add(coming, keep);
    const starting = opening.then(({ id, parts: first }) => {
      if (this.#starting !== starting) return abortUpload(id).catch(() => {}); // discarded meanwhile
      this.#upload = new Upload(id, parts, first);
      return this.#hold();
    });
    return (this.#starting = starting);
  }

  /* What the server has to know, and the hashes of the first window. */
  async #described(parts, keep) {
    const { file, path, onConflict, replaces } = this;
    const several = parts.count > 1;
    const [hashes, known] = await Promise.all([
      firstHashes(parts, keep.signal),
      several ? fingerprint(file).catch(() => null) : "",
    ]);
    if (known === null) throw fileChanged(); // it was hashed, and can no longer be read
    const body = {
      path,
      size: file.size,
      content_type: file.type || "application/octet-stream",
      on_conflict: onConflict,
      replaces: onConflict === "replace" ? replaces : undefined,
      part_sha256: hashes,
    };
    if (!several) return body;
    // With an id of its own, an upload whose answer is lost is not begun twice. (Pages without TLS make none.)
    const id = crypto.randomUUID?.();
    return { ...body, id, part_size: parts.partSize, last_modified: file.lastModified, fingerprint: known };
  }

  async #sendAndComplete(keep, hooks) {
    const upload = this.#upload;
    for (let repaired = false; ; repaired = true) {
      const sent = this.#send(keep, hooks);
      const completed = this.small
        ? completions.add(sent, keep)
        : sent.then((id) => persist(() => completeUpload(id), keep));
      try {
        return await unlessAborted(keep.signal, completed);
      } catch (failure) {
        if (failure.status !== 409 || failure.gone || failure.fields.includes("path")) throw failure;
        upload.doubt();
        if (!repaired) continue;
        await this.discard();
        failure.gone = true; // nothing is left to mend: a retry starts afresh
        throw failure;
      }
    }
  }

  async #send(keep, hooks) {
    await this.#upload.deliver(keep, hooks);
    keep.signal.throwIfAborted();
    hooks.onFinishing();
    return this.id;
  }

  /* The hash was taken here, of what was on the disk; the server tells what S3 holds. */
  async #prove(stored) {
    const { parts } = this.#upload;
    const sha256 = await parts.sha256();
    if (sha256 && stored.sha256 && sha256 !== stored.sha256) {
      throw new Failure(
        "What is stored now is not the file on your disk: their checksums differ. Delete it, and add the file again.",
        { final: true },
      );
    }
    const verified = sha256 !== "" && sha256 === stored.sha256;
    this.proof = { sha256, partSize: parts.partSize, verified };
  }
}

function partsOf(file, { part_size: size, checksums, stored_ranges: ranges = [] }) {
  const parts = new Parts(file, size, checksums);
  parts.presume(ranges);
  return parts;
}
