"""A row asks for one file."""

from pathlib import Path

from playwright.sync_api import Page

PICK = """async () => {
    const { picker } = await at("pick");
    const input = document.querySelector("#pick-again");
    globalThis.picked = [];
    const button = document.createElement("button");
    button.id = "asks";
    button.textContent = "Asks";
    button.onclick = () => picker(input)().then((file) => picked.push(file?.name ?? null));
    document.querySelector("main").prepend(button);
}"""


def test_one_file_is_handed_over_and_the_same_one_can_be_chosen_again(
    desk: Page, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("a")
    desk.evaluate(PICK)
    for times in (1, 2):
        with desk.expect_file_chooser() as chooser:
            desk.locator("#asks").click()
        chooser.value.set_files(tmp_path / "a.txt")
        desk.wait_for_function("times => picked.length === times", arg=times)
    assert desk.evaluate("picked") == ["a.txt", "a.txt"]


def test_changing_ones_mind_is_an_answer_too(desk: Page) -> None:
    desk.evaluate(PICK)
    with desk.expect_file_chooser():
        desk.locator("#asks").click()
    desk.locator("#pick-again").dispatch_event("cancel")
    desk.wait_for_function("picked.length === 1")
    assert desk.evaluate("picked") == [None]
