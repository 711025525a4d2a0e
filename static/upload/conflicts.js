/* Names that are taken already: which of them are the same file, and what to do about the others. */

import { knownFiles } from "./api.js";
import { firstNames, number } from "./format.js";
import { base64, canHash, sha256 } from "./hashing.js";
import { SINGLE_PUT_UP_TO } from "./plan.js";

const AT_ONCE = 4; // files that are read and hashed at a time
const PATIENCE = 20_000; // milliseconds

/* Of these entries ({file, path, …}) those whose path is taken by another file. What is the very same as the
   one that is there learns of it as entry.identical; what certainly is not, as entry.differs. entry.replaces: the
   content that is there. onCompare(done, of) tells of long comparisons, onUnknown() that nobody could say which names
   are taken. Fails where the sign-in has ended. */
export async function taken(entries, { onCompare = () => {}, onUnknown = () => {} } = {}) {
  const known = await storedAt(entries, onUnknown);
  const met = entries.filter((entry) => known.has(entry.path));
  for (const entry of met) {
    const there = known.get(entry.path);
    Object.assign(entry, { differs: entry.file.size !== there.size, replaces: there.etag });
  }
  const alike = met.filter(({ file, path }) => mayBeSame(file, known.get(path)));
  let next = 0;
  const work = async () => {
    while (next < alike.length) {
      const entry = alike[next++];
      const there = known.get(entry.path);
      const hash = await sha256(entry.file).then(base64, () => ""); // unreadable: the upload will say so
      if (hash === there.sha256) entry.identical = there;
      else entry.differs = hash !== "";
      onCompare(next, alike.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return met.filter((entry) => !entry.identical);
}

/* Path → the file there. If that cannot be found out now, as when no file is: then a name that is taken
   is numbered, and nothing is lost. */
async function storedAt(entries, onUnknown) {
  if (!entries.length) return new Map();
  try {
    const found = await knownFiles([...paths(entries)], AbortSignal.timeout(PATIENCE));
    return new Map(found.map((file) => [file.path, file]));
  } catch (failure) {
    if (failure.signIn) throw failure;
    onUnknown();
    return new Map();
  }
}

const paths = (entries) => new Set(entries.map(({ path }) => path));

/* “…-N” is a hash of N parts' hashes, which says nothing about another cut. */
const mayBeSame = (file, there) =>
  canHash &&
  file.size === there.size &&
  file.size <= SINGLE_PUT_UP_TO && // up to here S3's SHA-256 is that of the whole file
  there.sha256 !== "" &&
  !there.sha256.includes("-");

/* What to do about them, all at once: "rename", "replace", "skip"; null: nothing of it, add nothing. */
export function decide(ask, conflicting, count, folder) {
  const names = conflicting.map(({ name }) => name);
  return ask({
    title: title(names, count),
    text: `${compared(conflicting)} in ${where(conflicting, folder)}. Keeping both gives the new ${names.length === 1 ? "one" : "ones"} a number.`,
    names: names.length > 5 ? [...names.slice(0, 5), `and ${number(names.length - 5)} more`] : names,
    choices: [
      { value: "rename", label: "Keep both" },
      { value: "replace", label: names.length === 1 ? "Replace it" : "Replace them", danger: true },
      { value: "skip", label: names.length === 1 ? "Skip it" : "Skip them" },
      { value: "", label: "Cancel" },
    ],
  });
}

/* Large files of the same size are not compared: that would take as long as reading them whole. */
function compared(entries) {
  const [what, are] = entries.length === 1 ? ["A file", "is"] : ["Files", "are"];
  const differ = entries.every(({ differs }) => differs);
  return `${what} of the same name${differ ? ", but not the same content," : ""} ${are}`;
}

/* The folder of the only one, or that of all of them. */
function where(entries, folder) {
  const [{ path }] = entries;
  if (entries.length === 1) return path.slice(0, path.lastIndexOf("/") + 1) || "the top folder";
  const within = entries.some(({ name }) => name.includes("/")) ? ", or in its folders" : "";
  return `${folder || "the top folder"}${within}`;
}

function title(names, count) {
  if (count === 1) return `${firstNames(names)} is there already`;
  const are = names.length === 1 ? "is" : "are";
  return `${number(names.length)} of these ${number(count)} names ${are} taken`;
}
