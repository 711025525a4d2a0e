"""Of the tabs of one browser, one at a time has an upload."""

from playwright.sync_api import Page

HOLD = """async (id) => {
    const { hold } = await import("/static/upload/lock.js");
    globalThis.letGo = await hold(id);
    return letGo !== null;
}"""
HELD = "async () => [...(await (await import('/static/upload/lock.js')).heldAnywhere())]"


def test_one_tab_has_it_and_the_others_see_that(bench: Page) -> None:
    other = bench.context.new_page()
    other.goto("/account/")
    assert bench.evaluate(HOLD, "one")
    assert not other.evaluate(HOLD, "one")
    assert other.evaluate(HOLD, "two")
    assert sorted(bench.evaluate(HELD)) == sorted(other.evaluate(HELD)) == ["one", "two"]
    bench.evaluate("letGo()")
    assert other.evaluate(HOLD, "one")


def test_a_tab_that_is_closed_has_nothing_any_more(bench: Page) -> None:
    other = bench.context.new_page()
    other.goto("/account/")
    assert other.evaluate(HOLD, "one")
    other.close()
    # The browser lets go of its locks a moment after the tab is gone.
    bench.wait_for_function(
        "async () => (await (await import('/static/upload/lock.js')).heldAnywhere()).size === 0"
    )
    assert bench.evaluate(HOLD, "one")


def test_without_locks_nobody_is_kept_from_anything(bench: Page) -> None:
    bench.evaluate("() => Object.defineProperty(navigator, 'locks', { value: undefined })")
    assert bench.evaluate(HOLD, "one")
    assert bench.evaluate(HOLD, "one")
    assert bench.evaluate(HELD) == []
