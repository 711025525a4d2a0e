"""A question in a dialog: the keyboard is enough, and the focus comes back."""

import pytest
from playwright.sync_api import Page, expect

ASK = """async () => {
    const { asker } = await at("ask");
    const ask = asker(document.querySelector("#upload-ask"));
    document.querySelector("#search").focus();
    globalThis.answers = [];
    const choices = [{ value: "keep", label: "Keep" }, { value: "lose", label: "Lose", danger: true }];
    for (const title of ["First?", "Second?"])
        ask({ title, text: "Of these:", names: ["<b>bold</b>"], choices })
            .then((answer) => answers.push(answer));
}"""


@pytest.mark.parametrize(
    ("keys", "answer"),
    [(["Enter"], "keep"), (["Tab", "Enter"], "lose"), (["Escape"], None)],
    ids=["Enter means the first", "Tab reaches the second", "Escape means neither"],
)
def test_the_keyboard_answers(desk: Page, keys: list[str], answer: str | None) -> None:
    desk.evaluate(ASK)
    dialog = desk.get_by_role("dialog", name="First?")
    expect(dialog.get_by_role("button", name="Keep")).to_be_focused()
    expect(dialog.get_by_role("listitem")).to_have_text("<b>bold</b>")
    for key in keys:
        desk.keyboard.press(key)
    expect(desk.get_by_role("dialog", name="Second?")).to_be_visible()  # one after the other
    desk.keyboard.press("Escape")
    expect(desk.get_by_role("dialog")).to_have_count(0)
    expect(desk.locator("#search")).to_be_focused()
    assert desk.evaluate("answers") == [answer, None]
