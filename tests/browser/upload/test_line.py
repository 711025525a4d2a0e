"""Who is next: one order for the eye, and small and large files each in their own within it."""

from typing import Any

from playwright.sync_api import Page

# Capital letters are large files.
START = """const { Line } = await at("line");
    const line = new Line();
    const items = {};
    for (const name of "aBcDe") {
        items[name] = { name, kind: name < "a" ? "large" : "small" };
        line.seat(items[name]);
        line.append(items[name]);
    }
    const { a, B, c, D, e } = items;
    const order = () => [...line].map(({ name }) => name).join("");"""


def after(page: Page, *steps: str) -> Any:
    """The order that the eye sees, and what comes next of the small and of the large."""
    script = "; ".join(steps)
    next_ones = "line.next('small')?.name, line.next('large')?.name"
    return page.evaluate(f"async () => {{ {START} {script}; return [order(), {next_ones}]; }}")


def test_each_kind_has_its_own_next(bench: Page) -> None:
    assert after(bench) == ["aBcDe", "a", "B"]
    assert after(bench, "line.remove(a)", "line.remove(B)") == ["cDe", "c", "D"]
    assert after(bench, "for (const one of [...line]) line.remove(one)") == ["", None, None]


def test_one_goes_first_from_anywhere_even_from_outside(bench: Page) -> None:
    assert after(bench, "line.first(D)") == ["DaBce", "a", "D"]
    assert after(bench, "line.remove(e)", "line.first(e)") == ["eaBcD", "e", "B"]
    assert after(bench, "line.first(a)") == ["aBcDe", "a", "B"]


def test_up_and_down_pass_one_neighbour_of_whatever_kind(bench: Page) -> None:
    assert after(bench, "line.up(c)") == ["acBDe", "a", "B"]
    assert after(bench, "line.up(c)", "line.up(c)") == ["caBDe", "c", "B"]
    assert after(bench, "line.down(B)", "line.down(B)") == ["acDBe", "a", "D"]
    assert after(bench, "line.up(a)", "line.down(e)") == ["aBcDe", "a", "B"]


def test_many_come_back_to_the_places_they_had(bench: Page) -> None:
    leave = "line.first(D)", "for (const one of [D, B, c]) line.remove(one)"
    assert after(bench, *leave, "line.merge([B, c, D])") == ["DaBce", "a", "D"]


def test_places_grow_along_the_line(bench: Page) -> None:
    moves = "line.first(e); line.up(D); line.down(a); line.first(c);"
    places = bench.evaluate(
        f"async () => {{ {START} {moves} return [...line].map(({{ place }}) => place); }}"
    )
    assert places == sorted(places)
    assert len(set(places)) == 5
