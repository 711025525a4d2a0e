"""A file in parts: which are missing, and whether it is still the same file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.browser.upload.conftest import MIB, content

Picked = Callable[[Path], None]


def with_parts(page: Page, script: str, size: int = 12 * MIB) -> Any:
    return page.evaluate(
        f"""async ([size, part]) => {{
            const {{ Parts }} = await at("parts");
            const parts = new Parts(globalThis.pickedFile ?? fileOf(size), part, true);
            {script}
        }}""",
        [size, 5 * MIB],
    )


def test_all_but_the_last_are_of_one_size(bench: Page) -> None:
    sizes = with_parts(bench, "return [1, 2, 3].map((n) => [parts.size(n), parts.blob(n).size]);")
    assert sizes == [[5 * MIB] * 2, [5 * MIB] * 2, [2 * MIB] * 2]


def test_an_empty_file_is_one_empty_part(bench: Page) -> None:
    assert with_parts(bench, "return [parts.count, parts.size(1), parts.nextMissing(1)];", 0) == [
        1,
        0,
        1,
    ]


def test_what_is_stored_is_not_missing_until_it_is_doubted(bench: Page) -> None:
    script = """
        const seen = [parts.nextMissing(1)];
        parts.setStored(1); parts.setStored(3);
        seen.push(parts.nextMissing(1), parts.nextMissing(3), parts.isStored(3), parts.isStored(2));
        parts.forgetStored();
        return [...seen, parts.nextMissing(3)];"""
    assert with_parts(bench, script) == [1, 2, 0, True, False, 3]


def test_what_seems_to_be_stored_is_neither_missing_nor_stored(bench: Page) -> None:
    script = """
        parts.presume([[1, 1], [3, 3]]);
        const next = (from) => [parts.nextMissing(from), parts.nextPresumed(from)];
        const seen = [...next(1), ...next(2), ...next(3), parts.isStored(1), parts.isPresumed(1)];
        parts.setStored(1); parts.setMissing(3);
        return [...seen, ...next(1), parts.isStored(1), parts.isPresumed(1)];"""
    before = [2, 1, 2, 3, 0, 3, False, True]
    assert with_parts(bench, script) == [*before, 2, 0, True, False]


def test_each_hash_is_taken_once_and_windows_end_with_the_file(bench: Page) -> None:
    script = """
        const first = await parts.hashes(1, 8, never);
        parts.blob = () => { throw new Error("read again"); };
        return [first.length, (await parts.hashes(2, 2, never)).length];"""
    assert with_parts(bench, script) == [3, 2]


def test_the_next_hashes_are_taken_meanwhile_and_once(bench: Page) -> None:
    script = """
        const { blob } = parts, read = [];
        parts.blob = (number) => (read.push(number), blob.call(parts, number));
        await parts.hashes(1, 1, never);
        await Promise.all([parts.hashes(2, 1, never), parts.hashes(3, 1, never)]);
        return read;"""
    assert with_parts(bench, script) == [1, 2, 3]


def test_a_file_that_stays_as_it_is_passes_every_check(
    bench: Page, tmp_path: Path, picked: Picked
) -> None:
    path = tmp_path / "calm.bin"
    path.write_bytes(content(12 * MIB))
    picked(path)
    script = "await parts.hashes(1, 3, never); await parts.check(2, never); await parts.checkReadable();"
    with_parts(bench, script)


def test_a_file_that_was_changed_on_disk_is_noticed(bench: Page, tmp_path: Path, picked: Picked) -> None:
    path = tmp_path / "busy.bin"
    path.write_bytes(content(22 * MIB))
    picked(path)
    with_parts(bench, "globalThis.kept = parts; await parts.hashes(1, 1, never);")
    path.write_bytes(content(22 * MIB, seed=7) + b"more")
    # The last one: those that follow the first are hashed while it is signed.
    for script in ["kept.checkReadable()", "kept.check(1, never)", "kept.hashes(5, 1, never)"]:
        failed = bench.evaluate(f"kindOf({script})")
        assert failed["changed"]
        assert failed["final"]
        assert "was changed while it was being uploaded" in failed["message"]


def test_other_bytes_of_the_same_length_are_noticed_where_they_can_still_be_read(bench: Page) -> None:
    script = """
        await parts.hashes(1, 3, never);
        const other = fileOf(size, "file.bin", 9);
        parts.blob = (number) => other.slice((number - 1) * part, number * part);
        return kindOf(parts.check(2, never));"""
    assert with_parts(bench, script)["changed"]
