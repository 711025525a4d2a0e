"""Signed parts in order, a window ahead of what is sent and no more."""

from typing import Any

from playwright.sync_api import Page

# Thirty parts of 16 MiB: a window of two, then of four. `asked` keeps where each of them began.
UPLOAD = """
    const { signedParts, compare } = await at("windows");
    const stored = new Set(), presumed = new Set(), asked = [];
    const numbers = (from, to) => Array.from({ length: to - from + 1 }, (_, nth) => from + nth);
    const signed = (number) => ({ number, stored: there.includes(number) });
    const upload = {
        parts: {
            count: 30,
            partSize: 16 * 1024 * 1024,
            isStored: (number) => stored.has(number),
            isPresumed: (number) => presumed.has(number),
            nextMissing: (from) =>
                numbers(from, 30).find((number) => !stored.has(number) && !presumed.has(number)) ?? 0,
            nextPresumed: (from) => numbers(from, 30).find((number) => presumed.has(number)) ?? 0,
            setMissing: (number) => presumed.delete(number),
        },
        stored: (number) => (presumed.delete(number), stored.add(number)),
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


def test_what_seems_to_be_stored_is_left_to_the_comparison(bench: Page) -> None:
    taken, asked = run(
        bench,
        """for (const number of [...numbers(1, 12), 14]) presumed.add(number);
        const taken = await take(signedParts(upload, null, {}), 99);
        return [taken, asked[0]];""",
        there=[14],
    )
    assert taken == [13, *range(15, 31)]
    assert asked == 13


def test_the_comparison_finds_what_is_stored_and_what_is_missing_after_all(bench: Page) -> None:
    stored, missing, asked = run(
        bench,
        """for (const number of [1, 2, 3, 20, 22]) presumed.add(number);
        await compare(upload, {});
        return [[...stored], upload.parts.nextMissing(1), asked];""",
        there=[1, 2, 20, 21, 22],
    )
    assert stored == [1, 2, 20, 22]  # 21 is on its way perhaps, and not this one's to judge
    assert missing == 3
    assert asked == [1, 3, 20]


def test_with_nothing_to_compare_nothing_is_asked(bench: Page) -> None:
    assert run(bench, "await compare(upload, {}); return asked;") == []


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
