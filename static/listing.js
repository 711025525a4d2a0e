/* The list of files: about, renaming and deleting in a dialog, fresh contents without a reload, local times.
   Whatever fails falls back to plain navigation, which does the same. */

const sheet = document.querySelector("#sheet");
const listing = () => document.querySelector("#listing");

class Unusable extends Error {}

async function pageAt(url, options = {}) {
  const response = await fetch(url, { credentials: "same-origin", ...options });
  if (!response.headers.get("Content-Type")?.startsWith("text/html")) throw new Unusable();
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  return { response, page };
}

/* --- Fresh contents ------------------------------------------------------------------------------ */

let refreshing = null;
let again = false;

/* Somebody else may have signed in, in another tab: their files are not for this page. */
const whose = (page) => page.querySelector("#uploader")?.dataset.person;

/* One at a time; asked meanwhile, it goes round once more. */
function refresh() {
  again = true;
  refreshing ??= (async () => {
    try {
      while (again) {
        again = false;
        const { response, page } = await pageAt(location.href);
        const fresh = page.querySelector("#listing");
        if (response.ok && fresh && whose(page) === whose(document)) replaceListing(fresh);
      }
    } catch {
      // The list stays as it was; the next visit shows what is new.
    } finally {
      refreshing = null;
    }
  })();
  return refreshing;
}

const OFTEN = 2000; // milliseconds: of thousands of uploads, not each one is worth a look
let looked = -Infinity;
let later = null;

/* At once if it is the first for a while; what comes soon after is seen together, the last one too. */
function refreshSoon() {
  later ??= setTimeout(
    () => {
      later = null;
      looked = performance.now();
      refresh();
    },
    Math.max(0, looked + OFTEN - performance.now()),
  );
}

function replaceListing(fresh) {
  const old = listing();
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const place = focused && placeOf(focused);
  // What somebody is writing stays theirs: only the part below the tools is exchanged.
  for (const part of ["[data-part=head]", "[data-part=entries]"]) {
    const [before, after] = [old.querySelector(part), fresh.querySelector(part)];
    if (before && after) before.replaceWith(document.adoptNode(after));
  }
  localiseTimes(listing());
  if (place && !focused.isConnected) restoreFocus(place);
}

/* Where the keyboard is, so that the same thing, or its neighbour, has it afterwards. */
function placeOf(element) {
  const row = element.closest("[data-row]");
  return {
    element,
    key: element.dataset.key,
    row: row?.dataset.row,
    index: row ? rows().indexOf(row) : -1,
  };
}

const rows = () => [...listing().querySelectorAll("[data-row]")];

function restoreFocus({ element, key, row, index }) {
  if (element.isConnected) {
    element.focus();
    return;
  }
  const same = key && listing().querySelector(`[data-key="${CSS.escape(key)}"]`);
  const all = rows();
  const near = all.find((one) => one.dataset.row === row) ?? all[Math.min(index, all.length - 1)];
  (same || near?.querySelector("a") || listing().querySelector("h1")).focus();
}

/* --- The dialog ---------------------------------------------------------------------------------- */

let place = null; // of the link that opened the dialog

async function open(link) {
  place = placeOf(link);
  try {
    const { response, page } = await pageAt(link.href);
    const plate = page.querySelector("main .plate");
    if (!response.ok || !plate?.querySelector("form, [data-close]")) throw new Unusable();
    show(plate, response.url);
  } catch {
    location.assign(link.href);
  }
}

function show(plate, url) {
  const title = plate.querySelector("h1, h2");
  title.id = "sheet-title";
  sheet.setAttribute("aria-labelledby", title.id);
  sheet.replaceChildren(document.adoptNode(plate));
  const form = plate.querySelector("form");
  if (form) form.action = form.getAttribute("action") || url;
  localiseTimes(plate);
  if (!sheet.open) sheet.showModal();
  const field = plate.querySelector("input[type=text]");
  field?.focus();
  if (field) selectStem(field);
}

/* The part of a name that people change: after the last slash, before the extension. */
function selectStem(field) {
  const start = field.value.lastIndexOf("/") + 1;
  const dot = field.value.lastIndexOf(".");
  field.setSelectionRange(start, dot > start ? dot : field.value.length);
}

async function submit(form) {
  const button = form.querySelector("[type=submit]");
  button.disabled = true;
  try {
    const { response, page } = await pageAt(form.action, { method: "POST", body: new FormData(form) });
    const plate = page.querySelector("main .plate");
    if (response.redirected && response.ok) await finish(page);
    else if (plate) show(plate, form.action);
    else throw new Unusable();
  } catch {
    form.submit();
  } finally {
    button.disabled = false;
  }
}

async function finish(page) {
  const said = page.querySelector("#messages");
  await refresh();
  sheet.close();
  if (said) announce(document.querySelector("#messages"), said);
}

/* Screen readers read a status region's change, not its arrival: fill what is already there. */
function announce(region, fresh) {
  region.replaceChildren();
  requestAnimationFrame(() => region.replaceChildren(...document.adoptNode(fresh).childNodes));
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (event.target === sheet || (link?.matches("[data-close]") && sheet.contains(link))) {
    event.preventDefault();
    sheet.close();
  } else if (link?.matches("[data-sheet]") && isPlain(event)) {
    event.preventDefault();
    open(link);
  }
});

const isPlain = (event) =>
  event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;

sheet?.addEventListener("submit", (event) => {
  event.preventDefault();
  submit(event.target);
});

sheet?.addEventListener("close", () => {
  sheet.replaceChildren();
  if (place) restoreFocus(place);
  place = null;
});

/* --- Times: the server writes UTC, people read their own ----------------------------------------- */

const inFull = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });

/* Of today the hour matters, of other days the date; the whole is in the title. */
function localiseTimes(root) {
  const today = day.format(new Date());
  for (const time of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    const date = day.format(moment);
    time.textContent = date === today ? `Today, ${clock.format(moment)}` : date;
    time.title = inFull.format(moment);
  }
}

document.addEventListener("files:changed", refreshSoon);
if (listing()) localiseTimes(listing());
