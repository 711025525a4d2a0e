"""Signed parts in order, a window ahead of what is sent and no more."""

from typing import Any

from playwright.sync_api import Page

# Thirty parts of 16 MiB: a window of two, then of four. `asked` keeps where each of them began.
UPLOAD = """
    const { signedParts } = await at("windows");
    const stored = new Set(), asked = [];
    const numbers = (from, to) => Array.from({ length: to - from + 1 }, (_, nth) => from + nth);
    const signed = (number) => ({ number, stored: there.includes(number) });
    const upload = {
        parts: {
            count: 30,
            partSize: 16 * 1024 * 1024,
            isStored: (number) => stored.has(number),
            nextMissing: (from) => numbers(from, 30).find((number) => !stored.has(number)) ?? 0,
        },
        stored: (number) => stored.add(number),
        window: async (from, length) => {
            asked.push(from);
            return numbers(from, Math.min(from + length - 1, 30)).map(signed);
        },
    };
    const take = async (coming, count) => {
        const taken = [];
        while (taken.length < count) {
            const { value, done } = await coming.next();
            if (done) break;
            taken.push(value.number);
        }
        return taken;
    };
"""


def run(page: Page, script: str, there: list[int] | None = None) -> Any:
    """there: parts that turn out to be stored when they are asked about."""
    return page.evaluate(f"async (there) => {{ {UPLOAD} {script} }}", there or [])


def test_all_come_in_order_and_one_window_is_ahead(bench: Page) -> None:
    taken, asked, rest = run(
        bench,
        """const coming = signedParts(upload, null, {});
        const taken = await take(coming, 2);
        return [taken, [...asked], await take(coming, 99)];""",
    )
    assert taken == [1, 2]
    assert asked == [1, 3]
    assert rest == list(range(3, 31))


def test_the_window_that_came_with_the_start_is_not_asked_for(bench: Page) -> None:
    taken, asked = run(
        bench,
        """const coming = signedParts(upload, [signed(1), signed(2)], {});
        return [await take(coming, 99), asked];""",
    )
    assert taken == list(range(1, 31))
    assert asked[0] == 3


def test_what_is_stored_is_told_and_not_sent(bench: Page) -> None:
    taken, stored = run(
        bench,
        """for (const number of [1, 2, 3, 4, 5]) stored.add(number); // known from the start
        const taken = await take(signedParts(upload, null, {}), 99);
        return [taken, [...stored]];""",
        there=[7, 30],
    )
    assert taken == [6, *range(8, 30)]
    assert stored == [1, 2, 3, 4, 5, 7, 30]


def test_a_window_without_parts_ends_it_for_good(bench: Page) -> None:
    failure = run(
        bench,
        """upload.window = async () => [];
        return kindOf(take(signedParts(upload, null, {}), 1));""",
    )
    assert failure["message"] == "The server sent no addresses for this file."
    assert failure["final"]


def test_a_window_that_fails_does_so_when_its_turn_comes(bench: Page) -> None:
    taken, failure = run(
        bench,
        """const { window } = upload;
        upload.window = async (from, length) => {
            if (from > 1) throw new Error("refused");
            return window(from, length);
        };
        const coming = signedParts(upload, null, {});
        return [await take(coming, 2), await kindOf(coming.next())];""",
    )
    assert taken == [1, 2]
    assert failure["message"] == "refused"
