"""A queue of files that exist in name only, on the page's own rows, moved by the test's hand.

In the page: `lab.add({name: size, …}, options)` queues them, `lab.of(name)` is an item and
`lab.transfer(name)` what stands in for its transfer, with `advance(bytes)`, `finish(stored)` and
`fail(message, kind)`.
"""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Visit

LAB = """async () => {
    const at = (name) => import(`/static/upload/${name}.js`);
    const [{ Failure }, { Queue }, { View }, { asker }] = await Promise.all(
        ["failure", "queue", "view", "ask"].map(at));
    class Stand {
        constructor(file, path, options) {
            Object.assign(this, { file, path, options, sent: 0, bytesSent: 0, id: null, runs: 0 });
            this.small = file.size < 1000;
        }
        run(signal, hooks) {
            Object.assign(this, { hooks, id: `id of ${this.path}`, runs: this.runs + 1 });
            return new Promise((resolve, reject) => {
                Object.assign(this, { resolve, reject });
                signal.addEventListener("abort", () => reject(signal.reason));
            });
        }
        async discard() {
            Object.assign(this, { id: null, discarded: true });
        }
        leave() {
            this.left = true;
        }
        advance(bytes) {
            this.sent = this.bytesSent = bytes;
            this.hooks.onProgress();
        }
        finish(stored = {}) {
            this.proof = { sha256: "c2hhMjU2", partSize: null, verified: true };
            this.resolve({ name: this.path.split("/").at(-1), same_as: null, ...stored });
        }
        fail(message, kind = {}) {
            this.reject(new Failure(message, kind));
        }
    }
    const select = (selector) => document.querySelector(selector);
    const queue = new Queue(Stand);
    const told = [];
    for (const type of ["added", "removed", "settled", "ordered", "signed-out", "signed-in"])
        queue.addEventListener(type, () => told.push(type));
    const view = new View(queue, {
        section: select("#queue"),
        template: select("#upload-row"),
        announcer: select("#upload-news"),
        pick: async () => lab.picked,
        ask: asker(select("#upload-ask")),
    });
    const entry = (name, size, options) => ({
        file: { name, size, lastModified: 0 }, name, path: name, onConflict: "rename", resume: null,
        identical: null, ...options,
    });
    const lab = globalThis.lab = {
        Stand,
        queue, told, view,
        add: (sizes, options = {}) =>
            queue.add(Object.entries(sizes).map(([name, size]) => entry(name, size, options))),
        of: (name) => [...queue.items].find((item) => item.name === name),
        transfer: (name) => lab.of(name).transfer,
        names: (items) => Array.from(items, ({ name }) => name),
        states: () => Object.fromEntries(Array.from(queue.items, ({ name, state }) => [name, state])),
        // Once everything that was set off has happened.
        settled: () => new Promise((resolve) => setTimeout(resolve)),
        many: (count, size, prefix = "file") => lab.add(Object.fromEntries(
            Array.from({ length: count }, (_, at) => [`${prefix} ${at + 1}.txt`, size]))),
    };
}"""


@pytest.fixture
def lab(visit: Visit) -> Page:
    page = visit("/files/?folder=lab/", "bob@example.com")
    page.evaluate(LAB)
    return page


@pytest.fixture
def desk(bob: Page) -> Page:
    """bob's page of the test's own folder, with `at` and `fileOf` as on the bench."""
    bob.evaluate(
        """() => {
            globalThis.at = (name) => import(`/static/upload/${name}.js`);
            globalThis.fileOf = (text, name) => new File([text], name, { lastModified: 1e12 });
        }"""
    )
    return bob
