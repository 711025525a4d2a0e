"""Which names are taken, and whether by the very same file: asked of the real site."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Complaints

TAKEN = """async (files) => {
    const { taken } = await at("conflicts");
    const folder = document.querySelector("#uploader [name=folder]").value;
    const entries = files.map(([name, text]) =>
        ({ name, path: folder + name, file: fileOf(text, name) }));
    const compared = [];
    const met = await taken(entries, { onCompare: (...done) => compared.push(done) });
    return {
        taken: met.map(({ name }) => name),
        identical: entries.filter(({ identical }) => identical).map(({ name }) => name),
        compared,
    };
}"""


def asked(page: Page, *files: tuple[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(TAKEN, files)
    return found


def put(page: Page, name: str, text: str) -> None:
    payload = {"name": name, "mimeType": "text/plain", "buffer": text.encode()}
    page.get_by_label("Choose files to upload").set_input_files(payload)  # type: ignore[arg-type]
    expect(page.get_by_role("row", name=name)).to_be_visible()


def test_a_taken_name_the_same_file_and_a_new_one_are_told_apart(desk: Page) -> None:
    put(desk, "same.txt", "content")
    put(desk, "other.txt", "content")
    files = ("same.txt", "content"), ("other.txt", "CONTENT"), ("new.txt", "content")
    found = asked(desk, *files)
    assert (found["taken"], found["identical"]) == (["other.txt"], ["same.txt"])
    assert found["compared"][-1] == [2, 2]  # of equal size: they had to be read


def test_a_name_that_is_longer_than_any_is_not_taken(desk: Page) -> None:
    assert asked(desk, ("x" * 5000, "a"))["taken"] == []


def test_without_an_answer_no_name_counts_as_taken(desk: Page, complaints: Complaints) -> None:
    complaints.forgive("Failed to load resource")
    put(desk, "there.txt", "content")
    desk.route("**/api/v1/files/known", lambda route: route.fulfill(status=503))
    assert asked(desk, ("there.txt", "other"))["taken"] == []  # the server will number it


def put_question(page: Page, names: list[str], count: int) -> None:
    page.evaluate(
        """async ([names, count]) => {
            const { decide } = await at("conflicts");
            const { asker } = await at("ask");
            const file = fileOf("text", "any.txt");
            const entryOf = (name) => ({ name, path: `Letters/${name}`, file, differs: true });
            const conflicting = names.map(entryOf);
            const ask = asker(document.querySelector("#upload-ask"));
            decide(ask, conflicting, count, "Letters/").then((answer) => (globalThis.answer = answer));
        }""",
        [names, count],
    )


def test_the_question_names_some_and_counts_the_others(desk: Page) -> None:
    put_question(desk, [f"{nth}.txt" for nth in range(9)], 20)
    dialog = desk.get_by_role("dialog", name="9 of these 20 names are taken")
    expect(dialog.get_by_text("but not the same content, are in Letters/. Keeping")).to_be_visible()
    expect(dialog.get_by_role("listitem")).to_have_text(
        [*(f"{number}.txt" for number in range(5)), "and 4 more"]
    )
    dialog.get_by_role("button", name="Skip them").click()
    desk.wait_for_function("globalThis.answer === 'skip'")


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["old.txt"], "A file of the same name, but not the same content, is in Letters/. Keeping"),
        (
            ["2026/old.txt"],
            "A file of the same name, but not the same content, is in Letters/2026/. Keeping",
        ),
        (["2026/a.txt", "b.txt"], "not the same content, are in Letters/, or in its folders. Keeping"),
    ],
)
def test_the_question_says_where(desk: Page, names: list[str], told: str) -> None:
    put_question(desk, names, len(names))
    expect(desk.get_by_role("dialog").get_by_text(told)).to_be_visible()
