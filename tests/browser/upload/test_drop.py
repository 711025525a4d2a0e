"""Folders that are dropped are walked to the end."""

from typing import Any

from playwright.sync_api import Page

# Entries as the browser hands them out: a hundred at a time, then an empty list.
ENTRIES = """const file = (name, broken = false) => ({
        name, isDirectory: false,
        file: (done, fail) => broken ? fail(new Error("gone")) : done(new File(["x"], name)),
    });
    const folder = (name, inside, broken = false) => ({
        name, isDirectory: true,
        createReader: () => {
            const rest = [...inside];
            const readEntries = (done, fail) =>
                broken ? fail(new Error("locked")) : setTimeout(() => done(rest.splice(0, 100)));
            return { readEntries };
        },
    });"""


def walked(page: Page, folder: str) -> Any:
    return page.evaluate(
        f"""async () => {{
            const {{ walk }} = await at("drop");
            {ENTRIES}
            const heap = {{ found: [], unreadable: 0 }};
            const counts = [];
            await walk({folder}, "top/", heap, (count) => counts.push(count));
            const names = heap.found.map(({{ name }}) => name);
            return {{ names, unreadable: heap.unreadable, counts }};
        }}"""
    )


def test_the_structure_is_kept_and_empty_folders_leave_no_trace(bench: Page) -> None:
    seen = walked(bench, "folder('top', [file('a'), folder('empty', []), folder('in', [file('b')])])")
    assert seen["names"] == ["top/a", "top/in/b"]


def test_a_folder_of_more_than_a_hundred_is_read_to_its_end(bench: Page) -> None:
    seen = walked(bench, "folder('top', Array.from({ length: 250 }, (_, at) => file(`f${at}`)))")
    assert (len(seen["names"]), seen["counts"]) == (250, [100, 200, 250])


def test_what_cannot_be_read_is_counted_and_the_rest_is_taken(bench: Page) -> None:
    seen = walked(bench, "folder('top', [file('a', true), folder('locked', [], true), file('b')])")
    assert (seen["names"], seen["unreadable"]) == (["top/b"], 2)
