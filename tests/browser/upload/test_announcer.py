"""What a screen reader hears: beginnings, failures summed up, and the end."""

from playwright.sync_api import Page, expect

BIG = 5_000_000


def heard(page: Page, words: str) -> None:
    expect(page.locator("#upload-news")).to_have_text(words)


def test_the_beginning_and_the_end_are_told(lab: Page) -> None:
    lab.evaluate("void lab.many(2, 10)")
    heard(lab, "Uploading 2 files.")
    lab.evaluate("[...lab.queue.items].forEach(({ transfer }) => transfer.finish())")
    heard(lab, "2 files uploaded.")


def test_one_failure_is_told_in_full(lab: Page) -> None:
    lab.evaluate(f"void lab.many(2, {BIG})")
    lab.evaluate("lab.transfer('file 2.txt').fail('It broke.')")
    heard(lab, "file 2.txt: It broke.")


def test_many_failures_are_told_as_one(lab: Page) -> None:
    lab.evaluate("void lab.many(150, 10)")
    lab.wait_for_function("() => lab.queue.count('sending') === 150")  # they start some at a time
    lab.evaluate(
        "[...lab.queue.items].slice(0, 120).forEach(({ transfer }) => transfer.fail('It broke.'))"
    )
    heard(lab, "120 files failed. file 1.txt: It broke.")
    lab.evaluate("[...lab.queue.in('sending')].forEach(({ transfer }) => transfer.finish())")
    heard(lab, "30 files uploaded. 120 files failed. file 1.txt: It broke.")


def test_waiting_for_the_network_and_for_a_sign_in_are_told(lab: Page) -> None:
    lab.evaluate(f"void lab.many(1, {BIG})")
    lab.evaluate("lab.transfer('file 1.txt').hooks.onOffline(true)")
    heard(lab, "You are offline. Uploads wait for the connection.")
    lab.evaluate("lab.transfer('file 1.txt').fail('Your sign-in has ended.', { status: 401 })")
    heard(lab, "Your sign-in has ended.")
    lab.evaluate("lab.queue.signedIn()")
    heard(lab, "You are signed in again. Uploads go on.")


def test_the_place_in_the_line_is_told_to_whoever_changes_it(lab: Page) -> None:
    lab.evaluate(f"void lab.many(6, {BIG})")
    lab.evaluate("lab.queue.down(lab.of('file 4.txt'))")
    heard(lab, "file 4.txt is number 2 of 3 that wait.")
