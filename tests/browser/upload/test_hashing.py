"""Hashes are SHA-256, whoever takes them, and no page needs the memory for a whole file."""

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Worker

from tests.browser.conftest import Complaints
from tests.browser.upload.conftest import MIB, content, digest

HASH = """async (sizes) => {
    const { sha256, base64 } = await at("hashing");
    return Promise.all(sizes.map((size) => sha256(fileOf(size), never).then(base64)));
}"""
SIZES = [0, 1, MIB, MIB + 1, 5 * MIB, 3 * MIB, 2 * MIB]


def expected(sizes: list[int]) -> list[str]:
    return [base64.b64encode(digest(size)).decode() for size in sizes]


def test_a_known_text_has_its_known_hash(bench: Page) -> None:
    script = """async () => {
        const { base64, sha256 } = await at("hashing");
        return base64(await sha256(new Blob(["abc"])));
    }"""
    known = bytes.fromhex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    assert bench.evaluate(script) == base64.b64encode(known).decode()


def test_large_pieces_are_hashed_in_two_workers(bench: Page) -> None:
    workers: list[str] = []
    bench.on("worker", lambda worker: workers.append(worker.url))
    assert bench.evaluate(HASH, SIZES) == expected(SIZES)
    assert [url.endswith("/static/upload/hash-worker.js") for url in workers] == [True, True]


def test_workers_come_up_ahead_of_a_large_file_only(bench: Page) -> None:
    workers: list[str] = []
    bench.on("worker", lambda worker: workers.append(worker.url))
    bench.evaluate("async (size) => (await at('hashing')).warmUp(size)", MIB)
    assert bench.evaluate(HASH, [10]) == expected([10])
    assert workers == []
    with bench.expect_worker():
        bench.evaluate("async (size) => (await at('hashing')).warmUp(size)", MIB + 1)


def test_another_worker_takes_over_once_one_has_read_much(bench: Page) -> None:
    """What it has read it gives back late: otherwise gigabytes are held, with a large file."""
    started: list[str] = []
    ended: list[str] = []

    def note(worker: Worker) -> None:
        started.append(worker.url)
        worker.on("close", lambda gone: ended.append(gone.url))

    bench.on("worker", note)
    hashes = bench.evaluate(
        """async ([most, sizes]) => {
            const { base64, inWorker } = await at("hashing");
            const hasher = inWorker(most);
            const hashes = [];
            for (const size of sizes) hashes.push(base64(new Uint8Array(await hasher(fileOf(size)))));
            return hashes;
        }""",
        [4 * MIB, [2 * MIB, 3 * MIB, MIB, 5 * MIB, MIB]],
    )
    assert hashes == expected([2 * MIB, 3 * MIB, MIB, 5 * MIB, MIB])
    while len(ended) < 2:
        bench.wait_for_timeout(10)
    assert len(started) == 3


def test_a_worker_that_could_not_be_loaded_is_tried_again_a_minute_later(
    bench: Page, complaints: Complaints
) -> None:
    complaints.forgive("404")
    bench.evaluate("async () => (await at('api')).configure({ workerUrl: '/static/not-there.js' })")
    assert bench.evaluate(HASH, SIZES) == expected(SIZES)
    there = "new URL('/static/upload/hash-worker.js', location).href"
    bench.evaluate(f"async () => (await at('api')).configure({{ workerUrl: {there} }})")
    bench.evaluate(
        "() => { const now = performance.now; performance.now = () => now.call(performance) + 60_000; }"
    )
    with bench.expect_worker():
        assert bench.evaluate(HASH, SIZES) == expected(SIZES)


def test_small_files_need_no_worker(bench: Page) -> None:
    workers: list[str] = []
    bench.on("worker", lambda worker: workers.append(worker.url))
    assert bench.evaluate(HASH, [100] * 50) == expected([100] * 50)
    assert workers == []


def test_without_workers_the_page_takes_the_same_hashes(bench: Page, complaints: Complaints) -> None:
    complaints.forgive("404")
    bench.evaluate("async () => (await at('api')).configure({ workerUrl: '/static/not-there.js' })")
    assert bench.evaluate(HASH, SIZES) == expected(SIZES)


def test_a_browser_that_knows_no_workers_takes_the_same_hashes(bench: Page) -> None:
    bench.evaluate("() => { delete globalThis.Worker; }")
    assert bench.evaluate(HASH, SIZES) == expected(SIZES)


def test_a_worker_that_dies_without_a_word_is_not_waited_for_for_ever(bench: Page) -> None:
    silent = "text/javascript"
    bench.route("**/static/silent.js", lambda route: route.fulfill(body="", content_type=silent))
    bench.evaluate("async () => (await at('api')).configure({ workerUrl: '/static/silent.js' })")
    bench.clock.install()
    bench.evaluate(f"() => {{ globalThis.hashes = ({HASH})([{3 * MIB}]); }}")
    bench.wait_for_function("async () => (await at('settings')).settings.workerUrl")
    for _ in range(3):
        bench.evaluate("fetch('/healthz')")  # meanwhile it has the job
        bench.clock.run_for(60_800)
    assert bench.evaluate("hashes") == expected([3 * MIB])


def test_who_stops_waiting_is_let_go_at_once_and_others_are_served(bench: Page) -> None:
    outcome = bench.evaluate(
        """async (size) => {
            const { sha256, base64 } = await at("hashing");
            const stop = new AbortController();
            const stopped = [1, 2, 3, 4].map(() => kindOf(sha256(fileOf(size), stop.signal)));
            const other = sha256(fileOf(size), never);
            stop.abort(new DOMException("Enough", "AbortError"));
            return [(await Promise.all(stopped)).map(({ name }) => name), base64(await other)];
        }""",
        2 * MIB,
    )
    assert outcome == [["AbortError"] * 4, expected([2 * MIB])[0]]


@pytest.mark.parametrize("size", [10, 3 * MIB])
def test_a_file_that_cannot_be_read_is_told(
    bench: Page, size: int, tmp_path: Path, picked: Callable[[Path], None]
) -> None:
    path = tmp_path / "goes away.bin"
    path.write_bytes(content(size))
    picked(path)
    path.unlink()
    failed = bench.evaluate("async () => kindOf((await at('hashing')).sha256(pickedFile, never))")
    assert failed["final"]
    assert "This file cannot be read" in failed["message"]


def test_the_hash_of_several_parts_is_that_of_their_hashes_and_says_how_many(bench: Page) -> None:
    size, part = 12 * MIB, 5 * MIB
    told = bench.evaluate(
        """async ([size, part]) => {
            const { Parts } = await at("parts");
            const parts = new Parts(fileOf(size), part, true);
            const none = await parts.sha256();
            await parts.hashes(1, 8, never);
            return [none, await parts.sha256()];
        }""",
        [size, part],
    )
    whole = content(size)
    digests = [hashlib.sha256(whole[at : at + part]).digest() for at in range(0, size, part)]
    composite = base64.b64encode(hashlib.sha256(b"".join(digests)).digest()).decode()
    assert told == ["", f"{composite}-3"]
