"""Which of many files have a row."""

from playwright.sync_api import Page

CHOOSE = "(await import('/static/upload/shown.js')).choose"


def shown(page: Page, script: str = "") -> list[str]:
    """Names of the rows, most 100, after the script; `rows` are those that were shown before it."""
    names: list[str] = page.evaluate(
        f"""async () => {{
            const choose = {CHOOSE};
            const show = (rows = [], held = null) => choose(lab.queue, rows, 100, held);
            let rows = show();
            {script}
            return lab.names(rows);
        }}"""
    )
    return names


def numbered(*numbers: int) -> list[str]:
    return [f"file {number}.txt" for number in numbers]


def test_a_hundred_are_all_shown_in_the_order_they_came(lab: Page) -> None:
    lab.evaluate("void lab.many(100, 10)")
    assert shown(lab) == numbered(*range(1, 101))


def test_of_ten_thousand_those_under_way_are_shown_and_what_comes_next(lab: Page) -> None:
    lab.evaluate("void lab.many(10_000, 5_000_000)")
    assert shown(lab) == numbered(*range(1, 101))


def test_what_is_through_makes_room_and_the_rest_stays_in_its_order(lab: Page) -> None:
    lab.evaluate("void lab.many(10_000, 5_000_000)")
    script = "lab.transfer('file 2.txt').finish(); await lab.settled(); rows = show(rows);"
    assert shown(lab, script) == numbered(1, *range(3, 102))


def test_a_failed_one_keeps_its_row_however_many_follow(lab: Page) -> None:
    lab.evaluate("void lab.many(10_000, 10)")
    script = """lab.transfer('file 5.txt').fail('no'); await lab.settled();
        for (let round = 0; round < 10; round += 1) {
            for (const item of [...lab.queue.in('sending')]) item.transfer.finish();
            await lab.settled();
            rows = show(rows);
        }"""
    assert shown(lab, script)[0] == "file 5.txt"
    assert len(shown(lab)) == 100


def test_big_ones_under_way_are_shown_beside_two_hundred_small_ones(lab: Page) -> None:
    lab.evaluate("void lab.many(1000, 10)")
    lab.evaluate("void lab.add({ big: 5_000_000 })")
    assert "big" in shown(lab)


def test_many_failures_leave_room_for_what_moves(lab: Page) -> None:
    lab.evaluate("void lab.many(500, 10)")
    lab.wait_for_function("() => lab.queue.count('sending') === 200")  # they start some at a time
    script = """for (const item of [...lab.queue.in('sending')].slice(0, 150)) item.transfer.fail('no');
        await lab.settled(); rows = show(rows);"""
    names = shown(lab, script)
    failed = [name for name in names if int(name.split()[1].removesuffix(".txt")) <= 150]
    assert (len(names), len(failed)) == (100, 50)


def test_a_row_that_somebody_is_at_stays(lab: Page) -> None:
    lab.evaluate("void lab.many(10_000, 5_000_000)")
    script = """lab.transfer('file 1.txt').finish(); await lab.settled();
        rows = show(rows, lab.of('file 1.txt'));"""
    assert shown(lab, script)[0] == "file 1.txt"
