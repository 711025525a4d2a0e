"""From what is chosen to what is sent; one addition after the other."""

from typing import Any

from playwright.sync_api import Page, Route

# The queue and the unfinished uploads are stand-ins: what they are given is what is looked at.
ADD = """async ([additions, open, elsewhere]) => {
    const { Adding } = await at("adding");
    const added = [], told = [], asked = [], released = [];
    const adding = new Adding({
        queue: globalThis.queue ?? { moving: { count: 0 }, add: (entries) => added.push(...entries) },
        unfinished: {
            renew: async () => {},
            claim: async (path) => (path === open ? { path, ...elsewhere } : null),
            release: (uploads) => released.push(...uploads.map(({ path }) => path)),
        },
        ask: async (question) => asked.push(question.title) && globalThis.reply,
        tell: (text) => told.push(text),
    });
    await Promise.all(additions.map(([names, unreadable = 0]) => adding.add(
        { found: names.map((name) => ({ name, file: new File(["x"], name) })), unreadable }, "bench/")));
    globalThis.entries = added;
    return {
        added: added.map(({ path, resume }) => (resume ? `${path} goes on` : path)),
        told: told.filter(Boolean), asked, released,
    };
}"""


def add(
    page: Page, *additions: list[Any], unfinished: str = "", elsewhere: bool = False
) -> dict[str, list[str]]:
    found: dict[str, list[str]] = page.evaluate(ADD, [additions, unfinished, {"elsewhere": elsewhere}])
    return found


def test_paths_are_composed_with_the_folder_and_in_nfc(bench: Page) -> None:
    assert add(bench, [["A\u0308rger/neu.txt"]])["added"] == ["bench/Ärger/neu.txt"]


def test_white_space_around_a_name_is_dropped_as_the_site_drops_it(bench: Page) -> None:
    """Or its unfinished upload would not be found, and two of one path would be taken for two."""
    assert add(bench, [[" In /\u00a0new.txt "]])["added"] == ["bench/In/new.txt"]


def test_hidden_files_of_systems_are_left_out_with_a_word(bench: Page) -> None:
    found = add(bench, [["in/.DS_Store", "in/a.txt", "in/deep/.DS_Store", "in/Thumbs.db"]])
    assert found["added"] == ["bench/in/a.txt"]
    assert found["told"] == ["Left out: 3 hidden system files (.DS_Store, Thumbs.db)."]


def test_what_could_not_be_read_is_told(bench: Page) -> None:
    assert add(bench, [["a.txt"], 2])["told"] == ["2 files could not be read."]


def test_what_was_left_unfinished_goes_on_and_says_so(bench: Page) -> None:
    found = add(bench, [["a.txt", "film.mov"]], unfinished="bench/film.mov")
    assert found["added"] == ["bench/film.mov goes on", "bench/a.txt"]
    assert found["told"] == ["“film.mov” goes on where it stopped."]


def test_what_was_unfinished_still_is_after_nothing_was_added(bench: Page) -> None:
    bench.route("**/api/v1/files/known", lambda route: route.fulfill(json=taken("bench/a.txt")))
    found = add(bench, [["a.txt", "film.mov"]], unfinished="bench/film.mov")
    assert len(found["asked"]) == 1
    assert found["added"] == []
    assert found["told"][-1] == "Nothing was added."
    assert found["released"] == ["bench/film.mov"]


def test_what_another_tab_sends_is_not_said_to_go_on(bench: Page) -> None:
    found = add(bench, [["film.mov"]], unfinished="bench/film.mov", elsewhere=True)
    assert found["added"] == ["bench/film.mov goes on"]  # the engine refuses it, and its row says so
    assert found["told"] == []


def taken(path: str) -> dict[str, Any]:
    about = {"id": "x", "size": 7, "sha256": "", "part_size": None, "etag": '"seen"'}
    return {"items": [{"path": path, **about}]}


def test_where_the_sign_in_has_ended_nobody_is_asked_before_the_next_one(
    bench: Page, forgiving: None
) -> None:
    problem = {"title": "Please sign in again", "status": 401, "detail": "Your sign-in has ended."}
    answers = [(401, problem), (200, taken("bench/a.txt"))]

    def answer(route: Route) -> None:
        status, body = answers.pop(0)
        route.fulfill(status=status, json=body)

    bench.route("**/api/v1/files/known", answer)
    bench.evaluate(
        """() => {
            globalThis.reply = "replace";
            globalThis.queue = Object.assign(new EventTarget(), {
                moving: { count: 0 },
                entries: [],
                add(entries) { this.entries.push(...entries); },
                signOut(failure) {
                    this.said = failure.message;
                    setTimeout(() => this.dispatchEvent(new CustomEvent("signed-in")), 50);
                },
            });
        }"""
    )
    found = add(bench, [["a.txt"]])
    assert bench.evaluate("queue.said") == "Your sign-in has ended."
    assert found["told"] == ["What you chose is added once you are signed in again."]
    assert len(found["asked"]) == 1
    entries = bench.evaluate("queue.entries.map(({ onConflict, replaces }) => [onConflict, replaces])")
    assert entries == [["replace", '"seen"']]


def test_the_page_is_busy_until_what_was_chosen_is_in_the_queue(bench: Page) -> None:
    seen = bench.evaluate(
        """async () => {
            const { Adding } = await at("adding");
            const adding = new Adding({
                queue: { moving: { count: 0 }, add: () => {} },
                unfinished: { renew: async () => {}, claim: async () => null, release: () => {} },
                ask: async () => null, tell: () => {},
            });
            let walked;
            const seen = [adding.busy];
            const through = adding.add(new Promise((resolve) => (walked = resolve)), "bench/");
            seen.push(adding.busy);
            walked({ found: [], unreadable: 0 });
            await through;
            return [...seen, adding.busy];
        }"""
    )
    assert seen == [False, True, False]


def answers(page: Page, name: str, *files: str) -> list[list[str | bool]]:
    """What becomes of files of one name, of these texts, after "Replace" where one is stored."""
    found: list[list[str | bool]] = page.evaluate(
        """async ([name, texts]) => {
            const { Transfer } = await at("transfer");
            const { Adding } = await at("adding");
            const stored = new Transfer(new File(["stored"], name), `bench/${name}`);
            await stored.run(never, hooksOf());
            const added = [];
            const adding = new Adding({
                queue: { moving: { count: 0 }, add: (entries) => added.push(...entries) },
                unfinished: { renew: async () => {}, claim: async () => null, release: () => {} },
                ask: async () => "replace", tell: () => {},
            });
            const found = texts.map((text) => ({ name, file: new File([text], name) }));
            await adding.add({ found, unreadable: 0 }, "bench/");
            return added.map(({ identical, onConflict }) => [Boolean(identical), onConflict]);
        }""",
        [name, files],
    )
    return found


def test_of_two_files_of_one_name_the_second_does_not_replace_the_first(bench: Page) -> None:
    found = answers(bench, "met twice.txt", "first", "second")
    assert found == [[False, "replace"], [False, "rename"]]


def test_a_file_that_is_there_already_is_not_replaced_by_another_of_its_name(bench: Page) -> None:
    found = answers(bench, "met itself.txt", "other", "stored")
    assert sorted(found) == [[False, "rename"], [True, "rename"]]


def test_taken_names_that_nobody_could_look_for_are_told(bench: Page, forgiving: None) -> None:
    bench.route("**/api/v1/files/known", lambda route: route.fulfill(status=503))
    found = add(bench, [["a.txt"]])
    assert found["added"] == ["bench/a.txt"]
    assert found["told"] == ["Could not look for taken names: those are numbered."]


def test_additions_wait_for_one_another(bench: Page) -> None:
    found = add(bench, [["a.txt"]], [["b.txt"]], [["c.txt"]])
    assert found["added"] == ["bench/a.txt", "bench/b.txt", "bench/c.txt"]


def test_ten_thousand_are_added_without_holding_the_page(bench: Page) -> None:
    longest = bench.evaluate(
        """async () => {
            let longest = 0;
            new PerformanceObserver((list) => {
                for (const { duration } of list.getEntries()) longest = Math.max(longest, duration);
            }).observe({ entryTypes: ["longtask"] });
            const { Adding } = await at("adding");
            const counted = [];
            const adding = new Adding({
                queue: { moving: { count: 0 }, add: (entries) => counted.push(entries.length) },
                unfinished: { renew: async () => {}, claim: async () => null, release: () => {} },
                ask: async () => null, tell: () => {},
            });
            const found = Array.from({ length: 10_000 }, (_, number) =>
                ({ name: `in/${number}.txt`, file: new File(["x"], `${number}.txt`) }));
            await new Promise((resolve) => setTimeout(resolve, 200));
            longest = 0;
            await adding.add({ found, unreadable: 0 }, "bench/");
            await new Promise((resolve) => setTimeout(resolve, 200));
            return counted.reduce((sum, one) => sum + one) === 10_000 ? longest : NaN;
        }"""
    )
    assert longest < 500  # on a busy machine; a quarter of it on a quiet one


def test_what_goes_first_is_hashed_while_names_are_looked_up(bench: Page) -> None:
    seen = bench.evaluate(
        """async () => {
            const { hashAhead, takeParts, firstHashes } = await at("ready");
            const [small, large] = [fileOf(1000), fileOf(20 * 1024 ** 2)];
            let cuts = 0;
            const cut = large.slice;
            large.slice = (...bytes) => (cuts += 1, cut.apply(large, bytes));
            hashAhead([{ file: small }, { file: large }]);
            const ahead = cuts;
            const parts = takeParts(large);
            const hashes = await firstHashes(parts, never);
            return { ahead, cuts, hashes: hashes.length, others: takeParts(large) !== parts };
        }"""
    )
    assert seen == {"ahead": 3, "cuts": 4, "hashes": 3, "others": True}


def test_a_file_that_cannot_be_read_is_no_news_before_it_is_sent(bench: Page) -> None:
    said = bench.evaluate(
        """async () => {
            const { hashAhead, takeParts, firstHashes } = await at("ready");
            const file = fileOf(20 * 1024 ** 2);
            const broken = () => Promise.reject(new DOMException("", "NotReadableError"));
            file.slice = () => ({ size: 1, arrayBuffer: broken });
            hashAhead([{ file }]);
            await new Promise((resolve) => setTimeout(resolve, 100));
            return firstHashes(takeParts(file), never).catch(({ message }) => message);
        }"""
    )
    assert said.startswith("This file cannot be read.")


def test_a_connection_to_s3_is_asked_for_while_names_are_looked_up(bench: Page) -> None:
    heard = bench.evaluate(
        """async () => {
            const { configure } = await at("api");
            const { getReady } = await at("ready");
            configure({ storage: "https://bucket.example" });
            const links = [];
            const note = ({ rel, href, crossOrigin }) => links.push([rel, href, crossOrigin]);
            new MutationObserver((records) => {
                for (const { addedNodes } of records) addedNodes.forEach(note);
            }).observe(document.head, { childList: true });
            getReady([{ file: fileOf(10) }]);
            await new Promise((resolve) => setTimeout(resolve));
            return [links, document.querySelectorAll("link[rel=preconnect]").length];
        }"""
    )
    assert heard == [[["preconnect", "https://bucket.example/", "anonymous"]], 0]


def test_all_is_ready_for_files_while_somebody_still_chooses_them(bench: Page) -> None:
    workers: list[str] = []
    bench.on("worker", lambda worker: workers.append(worker.url))
    heard = bench.evaluate(
        """async () => {
            const { configure } = await at("api");
            configure({ storage: "https://bucket.example" });
            const links = [];
            const note = ({ rel, href }) => links.push([rel, href]);
            new MutationObserver((records) => {
                for (const { addedNodes } of records) addedNodes.forEach(note);
            }).observe(document.head, { childList: true });
            (await at("ready")).expectFiles();
            await new Promise((resolve) => setTimeout(resolve));
            return links;
        }"""
    )
    assert heard == [["preconnect", "https://bucket.example/"]]
    while len(workers) < 2:
        bench.wait_for_timeout(10)
