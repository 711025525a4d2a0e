"""How fast so many lanes are, from what each of them tells."""

from playwright.sync_api import Page


def test_a_rate_is_that_of_all_lanes_whichever_told_most(bench: Page) -> None:
    assert bench.evaluate(
        """async () => {
            const { Look } = await at("look");
            const look = new Look();
            look.add(1000, 100, 100);
            look.add(3000, 300, 400); // one lane told three times as much, of as much more time
            return [look.rate(1), look.rate(2)];
        }"""
    ) == [10, 20]


def test_it_is_over_once_it_lasted_and_was_told_as_often_as_there_are_lanes(bench: Page) -> None:
    over = bench.evaluate(
        """async () => {
            const { Look } = await at("look");
            const look = new Look();
            const over = [];
            for (const now of [100, 200, 300]) {
                look.add(1000, 100, now);
                over.push([1, 3].map((lanes) => look.isOver(200, lanes, now)));
            }
            return over;
        }"""
    )
    assert over == [[False, False], [True, False], [True, True]]


def test_what_was_begun_before_it_does_not_count(bench: Page) -> None:
    assert bench.evaluate(
        """async () => {
            const { Look } = await at("look");
            const look = new Look();
            look.add(5000, 100, 100);
            look.again(350);
            const counted = [look.add(9000, 100, 400), look.add(1000, 100, 450)];
            return [...counted, look.rate(1)];
        }"""
    ) == [False, True, 10]
