"""The head of the queue: what it says of all files, and what its buttons do to all."""

from playwright.sync_api import Page, expect

BIG = 5_000_000


def said(page: Page, words: str) -> None:
    expect(page.locator("[data-total=said]")).to_have_text(words)


def test_files_are_counted_by_what_became_of_them(lab: Page) -> None:
    lab.evaluate(f"void lab.add({{ a: {BIG}, b: {BIG}, c: {BIG}, d: {BIG}, e: {BIG} }})")
    said(lab, "0 of 5 files uploaded · 23.8 MB")
    lab.evaluate("lab.transfer('a').finish()")
    lab.evaluate("lab.transfer('b').fail('no')")
    lab.evaluate("lab.queue.pause(lab.of('c'))")
    lab.evaluate("lab.queue.cancel(lab.of('d'))")
    said(
        lab,
        "1 of 4 files uploaded · 4.8 MB of 14.3 MB · 33 % · 1 failed · 1 paused · 1 cancelled",
    )
    lab.evaluate("lab.transfer('e').finish()")
    said(lab, "2 of 4 files uploaded · 1 failed · 1 paused · 1 cancelled")


def test_speed_and_time_left_come_after_two_seconds(lab: Page) -> None:
    lab.clock.install()
    lab.evaluate("void lab.add({ a: 100_000_000 })")
    for second in range(1, 9):
        lab.evaluate("sent => lab.transfer('a').advance(sent)", second * 1_000_000)
        lab.clock.run_for(1000)
        if second == 1:
            said(lab, "0 of 1 file uploaded · 976.6 KB of 95.4 MB · 1 %")
    expect(lab.locator("[data-total=said]")).to_contain_text("/s")
    expect(lab.locator("[data-total=said]")).to_contain_text("left")


def test_all_are_paused_resumed_and_retried_at_once(lab: Page) -> None:
    lab.evaluate(f"void lab.many(8, {BIG})")
    lab.get_by_role("button", name="Pause all").click()
    said(lab, "0 of 8 files uploaded · 8 paused")
    lab.get_by_role("button", name="Resume all").click()
    expect(lab.locator(".upload[data-state=sending]")).to_have_count(3)
    lab.evaluate("[...lab.queue.in('sending')].forEach(({ transfer }) => transfer.fail('no'))")
    expect(lab.locator(".upload[data-state=failed]")).to_have_count(3)
    lab.evaluate("[...lab.queue.in('sending')].forEach(({ transfer }) => transfer.finish())")
    expect(lab.locator(".upload[data-state=done]")).to_have_count(3)
    lab.get_by_role("button", name="Retry failed").click()
    expect(lab.locator(".upload[data-state=failed]")).to_have_count(0)


def test_identical_files_are_all_sent_after_all(lab: Page) -> None:
    lab.evaluate("void lab.add({ a: 10, b: 10, c: 10 }, { identical: {} })")
    said(lab, "3 not sent: here already")
    lab.get_by_role("button", name="Upload these anyway").click()
    expect(lab.locator(".upload[data-state=sending]")).to_have_count(3)


def test_cancelling_many_asks_first(lab: Page) -> None:
    lab.evaluate(f"void lab.many(11, {BIG})")
    lab.evaluate("lab.transfer('file 1.txt').advance(2_621_440)")
    lab.get_by_role("button", name="Cancel all").click()
    dialog = lab.get_by_role("dialog", name="Cancel 11 files?")
    expect(dialog.get_by_text("2.5 MB that are stored already will be thrown away.")).to_be_visible()
    lab.keyboard.press("Enter")  # the first: go on
    expect(lab.locator(".upload[data-state=cancelled]")).to_have_count(0)
    lab.get_by_role("button", name="Cancel all").click()
    dialog.get_by_role("button", name="Cancel all").click()
    expect(lab.locator(".upload[data-state=cancelled]")).to_have_count(11)


def test_two_big_files_are_many(lab: Page) -> None:
    lab.evaluate("void lab.many(2, 200_000_000)")
    lab.get_by_role("button", name="Cancel all").click()
    expect(lab.get_by_role("dialog", name="Cancel 2 files?")).to_be_visible()


def test_clearing_takes_away_what_is_through_and_nothing_else(lab: Page) -> None:
    lab.evaluate(f"void lab.many(3, {BIG})")
    lab.evaluate("lab.transfer('file 1.txt').finish()")
    lab.evaluate("lab.queue.cancel(lab.of('file 2.txt'))")
    lab.get_by_role("button", name="Clear finished").click()
    expect(lab.locator("#queue .name")).to_have_text(["file 3.txt"])
    expect(lab.get_by_role("button", name="Clear finished")).to_be_hidden()
    expect(lab.get_by_role("heading", name="Uploads", exact=True)).to_be_focused()
