"""Rows: what they offer in each state, where the keyboard goes, and how few there are of many."""

import re

from playwright.sync_api import Locator, Page, expect

BIG = 5_000_000


def row(page: Page, name: str) -> Locator:
    return page.locator("#queue .upload").filter(has=page.get_by_text(name, exact=True))


def offered(one: Locator) -> list[str]:
    buttons = one.locator("[data-do]:visible")
    return [str(button.get_attribute("data-do")) for button in buttons.all()]


def test_each_state_offers_what_makes_sense_then(lab: Page) -> None:
    lab.evaluate(f"void lab.add({{ a: {BIG}, b: {BIG}, c: {BIG}, d: {BIG} }})")
    lab.evaluate("void lab.add({ e: 10 }, { identical: {} })")
    expect(row(lab, "e")).to_be_visible()
    assert offered(row(lab, "a")) == ["pause", "cancel"]
    assert offered(row(lab, "d")) == ["first", "up", "down", "pause", "cancel"]
    assert offered(row(lab, "e")) == ["anyway", "remove"]
    row(lab, "a").get_by_role("button", name="Pause a").click()
    assert offered(row(lab, "a")) == ["resume", "cancel"]
    row(lab, "a").get_by_role("button", name="Cancel a").click()
    assert offered(row(lab, "a")) == ["retry", "remove"]
    lab.evaluate("lab.transfer('b').fail('It was changed.', { final: true, changed: true })")
    expect(row(lab, "b").get_by_text("It was changed.")).to_be_visible()
    assert offered(row(lab, "b")) == ["choose", "remove"]
    lab.evaluate("lab.transfer('c').finish()")
    expect(row(lab, "c").get_by_text("Uploaded")).to_be_visible()
    assert offered(row(lab, "c")) == ["remove"]


def test_a_name_is_shown_as_text_and_never_as_markup(lab: Page) -> None:
    lab.evaluate("void lab.add({ '<img src=x onerror=alert(1)>': 10 })")
    expect(lab.locator("#queue .name")).to_have_text("<img src=x onerror=alert(1)>")
    expect(lab.locator("#queue img")).to_have_count(0)


def test_the_keyboard_keeps_its_place_as_buttons_and_rows_come_and_go(lab: Page) -> None:
    lab.evaluate(f"void lab.add({{ a: {BIG}, b: {BIG} }})")
    row(lab, "a").get_by_role("button", name="Pause").press("Enter")
    expect(row(lab, "a").get_by_role("button", name="Resume")).to_be_focused()
    row(lab, "a").get_by_role("button", name="Cancel").press("Enter")
    expect(row(lab, "a").get_by_role("button", name="Retry")).to_be_focused()
    row(lab, "a").get_by_role("button", name="Take off the list").press("Enter")
    expect(row(lab, "b").get_by_role("button", name="Pause")).to_be_focused()
    lab.evaluate("lab.transfer('b').finish()")
    expect(row(lab, "b").get_by_role("button", name="Take off the list")).to_be_focused()
    lab.keyboard.press("Enter")
    expect(lab.locator("#queue")).to_be_hidden()
    expect(lab.get_by_label("Choose files to upload")).to_be_focused()


def test_progress_is_drawn_a_few_times_a_second_however_often_it_comes(lab: Page) -> None:
    lab.evaluate(f"void lab.add({{ a: {BIG} }})")
    expect(row(lab, "a")).to_be_visible()
    changes = lab.evaluate(
        """async () => {
            let changes = 0;
            const said = document.querySelector("#queue .upload .said");
            new MutationObserver((all) => { changes += all.length; })
                .observe(said, { childList: true, characterData: true, subtree: true });
            const until = performance.now() + 1000;
            for (let sent = 0; performance.now() < until; sent += 1000) {
                lab.transfer("a").advance(sent % 5_000_000);
                await lab.settled();
            }
            return changes;
        }"""
    )
    assert 1 <= changes <= 8


def test_of_many_a_hundred_have_a_row_and_more_on_demand(lab: Page) -> None:
    lab.evaluate(f"void lab.many(10_000, {BIG})")
    rows = lab.locator("#queue .upload")
    expect(rows).to_have_count(100)
    expect(lab.get_by_text("And 9,900 more: 9,900 waiting.")).to_be_visible()
    lab.get_by_role("button", name="Show more").click()
    expect(rows).to_have_count(200)
    expect(rows.nth(100).get_by_role("button", name=re.compile("^Send first"))).to_be_focused()


def test_rows_stay_in_the_order_of_the_line_while_files_come_and_go(lab: Page) -> None:
    lab.evaluate(f"void lab.many(1000, {BIG})")
    expect(lab.locator("#queue .upload")).to_have_count(100)
    lab.evaluate("lab.transfer('file 2.txt').finish()")
    expect(row(lab, "file 2.txt")).to_have_count(0)
    names = lab.locator("#queue .name").all_text_contents()
    assert names == [f"file {number}.txt" for number in [1, *range(3, 102)]]


def test_alt_and_an_arrow_moves_the_row_that_has_the_keyboard(lab: Page) -> None:
    lab.evaluate(f"void lab.add({{ a: {BIG}, b: {BIG}, c: {BIG}, d: {BIG}, e: {BIG}, f: {BIG} }})")
    names = lab.locator("#queue .name")
    row(lab, "f").get_by_role("button", name="Cancel f").focus()
    lab.keyboard.press("Alt+ArrowUp")
    expect(names).to_have_text(list("abcdfe"))
    lab.keyboard.press("Alt+Home")
    expect(names).to_have_text(list("abcfde"))
    lab.keyboard.press("Alt+ArrowDown")
    expect(names).to_have_text(list("abcdfe"))
    expect(row(lab, "f").get_by_role("button", name="Cancel f")).to_be_focused()


def test_a_changed_file_is_chosen_again_on_its_row(lab: Page) -> None:
    lab.evaluate(f"void lab.add({{ a: {BIG} }})")
    lab.evaluate("lab.transfer('a').fail('It was changed.', { final: true, changed: true })")
    lab.evaluate("lab.picked = { size: 2048, name: 'a' }; void 0")
    row(lab, "a").get_by_role("button", name="Choose it again a").click()
    expect(row(lab, "a")).to_have_attribute("data-state", "sending")
    assert lab.evaluate("lab.of('a').size") == 2048
