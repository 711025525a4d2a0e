"""A sum that follows its items without going through them."""

from playwright.sync_api import Page


def test_an_item_counts_as_it_is_now_and_once(bench: Page) -> None:
    assert bench.evaluate(
        """async () => {
            const { Tally } = await at("tally");
            const tally = new Tally();
            const seen = [];
            const see = () => seen.push([tally.count, tally.size, tally.sent]);
            const one = { size: 10, sent: 0 }, other = { size: 5, sent: 5 };
            tally.note(one, true); tally.note(other, true); see();
            one.sent = 7; tally.note(one, true); see();
            other.size = 50; tally.note(other, true); see();
            tally.note(one, false); tally.note(one, false); see();
            return seen;
        }"""
    ) == [[2, 15, 5], [2, 15, 12], [2, 60, 12], [1, 50, 5]]
