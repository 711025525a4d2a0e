"""Each pair of colours that carries text, or meaning, in both modes, measured as WCAG 2.2 does it.

Text needs 4.5 : 1 (success criterion 1.4.3), borders and marks that mean something 3 : 1 (1.4.11).
"""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit

GROUNDS = ["--paper", "--sheet", "--sunk"]
TEXT = [
    *[(ink, ground) for ink in ("--ink", "--ink-soft", "--brass", "--danger") for ground in GROUNDS],
    ("--ink", "--brass-wash"),
    ("--ink", "--good-wash"),
    ("--ink", "--danger-wash"),
    ("--good", "--sheet"),
    ("--on-action", "--action"),
    ("--on-action", "--action-hover"),
    ("--on-danger", "--danger"),
    ("--band-text", "--band"),
    ("--band-soft", "--band"),
]
MARKS = [
    *[(mark, ground) for mark in ("--edge", "--focus") for ground in GROUNDS],
    ("--band-brass", "--band"),
    ("--band-focus", "--band"),
    ("--danger", "--danger-wash"),
    ("--good", "--good-wash"),
]
ADMIN_TEXT = [
    *[(ink, "--body-bg") for ink in ("--body-fg", "--body-quiet-color", "--link-fg", "--error-fg")],
    ("--body-fg", "--darkened-bg"),
    ("--body-quiet-color", "--darkened-bg"),
    ("--link-fg", "--darkened-bg"),
    ("--link-fg", "--selected-row"),
    ("--body-fg", "--selected-bg"),
    ("--primary-fg", "--primary"),
    ("--header-color", "--header-bg"),
    ("--header-link-color", "--header-bg"),
    ("--breadcrumbs-fg", "--breadcrumbs-bg"),
    ("--breadcrumbs-link-fg", "--breadcrumbs-bg"),
    ("--button-fg", "--button-bg"),
    ("--button-fg", "--button-hover-bg"),
    ("--button-fg", "--delete-button-bg"),
    ("--body-fg", "--message-success-bg"),
    ("--body-fg", "--message-warning-bg"),
    ("--body-fg", "--message-error-bg"),
]

# Asking for the computed colour of an element resolves var() and light-dark() for the mode in force.
RGB = """name => {
    const probe = document.body.appendChild(document.createElement("i"));
    probe.style.setProperty("color", `var(${name}, transparent)`);
    const colour = getComputedStyle(probe).color;
    probe.remove();
    return colour.match(/[\\d.]+/g).map(Number);
}"""


def luminance(rgb: list[float]) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (c / 255 for c in rgb)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(page: Page, one: str, other: str) -> float:
    colours = [page.evaluate(RGB, name) for name in (one, other)]
    assert all(len(colour) == 3 for colour in colours), f"{one} or {other} is not an opaque colour"
    dark, light = sorted(luminance(colour) for colour in colours)
    return (light + 0.05) / (dark + 0.05)


def too_faint(page: Page, pairs: list[tuple[str, str]], least: float) -> dict[str, float]:
    measured = {f"{one} on {other}": contrast(page, one, other) for one, other in pairs}
    return {pair: round(ratio, 2) for pair, ratio in measured.items() if ratio < least}


def test_black_on_white_is_measured_as_21() -> None:
    assert round((luminance([255, 255, 255]) + 0.05) / (luminance([0, 0, 0]) + 0.05), 2) == 21


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_people_can_read_the_site(visit: Visit, mode: str) -> None:
    page = visit("/", color_scheme=mode)
    assert too_faint(page, TEXT, 4.5) == {}
    assert too_faint(page, MARKS, 3.0) == {}


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_people_can_read_the_administration(visit: Visit, mode: str) -> None:
    page = visit("/admin/", "alice@example.com", color_scheme=mode)
    expect(page.get_by_role("heading", name="People and files")).to_be_visible()
    assert too_faint(page, ADMIN_TEXT, 4.5) == {}
