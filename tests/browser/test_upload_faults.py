"""Whatever fails, at whatever step of an upload: nothing is lost or left over, and people are told.

The steps, by what they ask of S3. A start creates a multipart upload; for small files it asks nothing.
Parts, and small files, are PUT. What was refused is signed again, which lists the parts that are there.
A completion lists the parts, puts them together and looks at the object; that of small files lists
objects. What was replaced is deleted then. To cancel is to abort, and to delete what there may be. The
`s3` fixture looks after each test: the site itself never failed, and after the sweep there is nothing
but files and their objects.
"""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.aftermath import Aftermath
from tests.browser.conftest import Complaints
from tests.browser.faults import Fault, FaultyS3, Op, Refusal, Trouble
from tests.browser.sweeper import Sweeper
from tests.browser.uploading import MIB, Hurry, MakeFile, choose, expect_state, row_of

LARGE, SMALL = 17 * MIB, 1 * MIB  # four parts, and a single PUT
INTERNAL, SLOW_DOWN = Refusal(500, "InternalError"), Refusal(503, "SlowDown")
DENIED, EXPIRED = Refusal(403, "AccessDenied"), Refusal(400, "ExpiredToken")
RESET, TORN, LOST, CUT = Trouble.RESET, Trouble.TORN, Trouble.LOST, Trouble.CUT

WAIT = "A service that this page needs is not answering. Nothing was lost; please try again."
AWS = "Something failed at AWS. Nothing was lost; please try again."
SILENT = "The storage is not answering. Please try again in a moment."
MISFIT = "S3 does not hold the parts that this file is made of"
OVER = "It was completed, cancelled, or left for too long. Start it again."
DENIAL = "Your account is not permitted to do this."
REFUSED = r"The storage refused a piece of this file \({}\)."
UNREACHABLE = "The storage cannot be reached"

# Step, what fails for as long as it takes, and what the person reads.
LASTING: list[tuple[str, Op, Fault, str]] = [
    ("start", Op.CREATE, Refusal(400, "InvalidRequest"), AWS),
    ("start", Op.CREATE, DENIED, DENIAL),
    ("start", Op.CREATE, SLOW_DOWN, WAIT),
    ("start", Op.CREATE, RESET, SILENT),
    ("part", Op.PART, Refusal(400, "BadDigest"), REFUSED.format(400)),
    ("part", Op.PART, DENIED, REFUSED.format(403)),
    ("part", Op.PART, EXPIRED, REFUSED.format(400)),
    ("part", Op.PART, INTERNAL, REFUSED.format(500)),
    ("part", Op.PART, SLOW_DOWN, REFUSED.format(503)),
    ("part", Op.PART, RESET, UNREACHABLE),
    ("part", Op.PART, TORN, UNREACHABLE),
    ("window", Op.PARTS, DENIED, DENIAL),
    ("window", Op.PARTS, EXPIRED, WAIT),
    ("window", Op.PARTS, RESET, SILENT),
    ("small", Op.PUT, Refusal(400, "BadDigest"), REFUSED.format(400)),
    ("small", Op.PUT, DENIED, REFUSED.format(403)),
    ("small", Op.PUT, EXPIRED, REFUSED.format(400)),
    ("small", Op.PUT, INTERNAL, REFUSED.format(500)),
    ("small", Op.PUT, SLOW_DOWN, REFUSED.format(503)),
    ("small", Op.PUT, RESET, UNREACHABLE),
    ("small", Op.PUT, TORN, UNREACHABLE),
    ("complete", Op.PARTS, DENIED, DENIAL),
    ("complete", Op.PARTS, INTERNAL, WAIT),
    ("complete", Op.PARTS, CUT, SILENT),
    ("complete", Op.COMPLETE, Refusal(400, "InvalidPart"), MISFIT),
    ("complete", Op.COMPLETE, Refusal(404, "NoSuchUpload"), OVER),
    ("complete", Op.COMPLETE, EXPIRED, WAIT),
    ("complete", Op.COMPLETE, Refusal(200, "InternalError"), WAIT),
    ("complete", Op.COMPLETE, RESET, SILENT),
    ("complete", Op.HEAD, DENIED, WAIT),
    ("complete", Op.HEAD, INTERNAL, WAIT),
    ("complete", Op.HEAD, RESET, SILENT),
    ("complete small", Op.LIST, DENIED, DENIAL),
    ("complete small", Op.LIST, INTERNAL, WAIT),
    ("complete small", Op.LIST, RESET, SILENT),
]


def name_of(fault: Fault) -> str:
    return fault.name.lower() if isinstance(fault, Trouble) else f"{fault.status} {fault.code}"


@pytest.fixture
def hurry(bob: Page, complaints: Complaints) -> Hurry:
    # Chromium reports each failed request. Of CORS it would say more.
    complaints.forgive("^Failed to load resource")
    return Hurry(bob)


@pytest.mark.parametrize(
    ("step", "op", "fault", "told"),
    [pytest.param(*row, id=f"{row[0]}, {row[1].value}, {name_of(row[2])}") for row in LASTING],
)
def test_what_lasts_is_told(
    bob: Page,
    hurry: Hurry,
    s3: FaultyS3,
    make_file: MakeFile,
    left: Aftermath,
    folder: str,
    step: str,
    op: Op,
    fault: Fault,
    told: str,
) -> None:
    """Nothing is kept of half a file, and once the fault is over the whole of it arrives."""
    file = make_file("some.bin", SMALL if "small" in step else LARGE)
    if step == "window":
        s3.will(Op.PART, DENIED, times=1)
    s3.will(op, fault)
    choose(bob, file)
    row = row_of(bob, file.name)
    hurry.until(row, "failed", "done")
    expect(row.locator(".said")).to_have_text(re.compile(told))
    assert left.digest(folder + file.name) is None
    s3.behave()
    retry = row.get_by_role("button", name="Retry")
    if retry.is_visible():
        retry.click()
    else:  # nothing that a person could wait for: they begin anew
        row.get_by_role("button", name="Take off the list").click()
        choose(bob, file)
    hurry.until(row, "failed", "done")
    assert row.get_attribute("data-state") == "done", row.locator(".said").inner_text()
    assert left.holds(file, folder)


@pytest.mark.parametrize("size", [LARGE, SMALL], ids=["large", "small"])
@pytest.mark.parametrize(
    "fault", [INTERNAL, SLOW_DOWN, EXPIRED, DENIED, RESET, TORN, LOST, CUT], ids=name_of
)
def test_what_fails_once_is_tried_again(
    bob: Page,
    hurry: Hurry,
    s3: FaultyS3,
    make_file: MakeFile,
    left: Aftermath,
    folder: str,
    size: int,
    fault: Fault,
) -> None:
    """At every step, so many times as there are steps; nobody has to do anything."""
    file = make_file("some.bin", size)
    browsers, sites = {Op.PART, Op.PUT}, {Op.CREATE, Op.PARTS, Op.COMPLETE, Op.HEAD, Op.LIST}
    # No right of the site's comes and goes; that of an address ends.
    for op in browsers if fault is DENIED else browsers | sites:
        s3.will(op, fault, times=1)
    choose(bob, file)
    row = row_of(bob, file.name)
    hurry.until(row, "failed", "done")
    assert row.get_attribute("data-state") == "done", row.locator(".said").inner_text()
    expect(row.get_by_text("Verified")).to_be_visible()
    assert left.holds(file, folder)


def keep(page: Page, hurry: Hurry, file: Path) -> Locator:
    """Stores it; where the row of the next file of its name will be."""
    row = row_of(page, file.name)
    choose(page, file)
    hurry.until(row, "done")
    row.get_by_role("button", name="Take off the list").click()
    return row


@pytest.mark.parametrize(
    ("op", "size"), [(Op.COMPLETE, LARGE), (Op.LIST, SMALL)], ids=["large", "small"]
)
def test_a_file_that_cannot_be_replaced_stays_as_it_was(
    bob: Page,
    hurry: Hurry,
    s3: FaultyS3,
    make_file: MakeFile,
    left: Aftermath,
    folder: str,
    op: Op,
    size: int,
) -> None:
    old, new = make_file("old/report.bin", size - 1), make_file("new/report.bin", size)
    row = keep(bob, hurry, old)
    s3.will(op, RESET)
    choose(bob, new)
    bob.get_by_role("button", name="Replace it").click()
    hurry.until(row, "failed")
    assert left.holds(old, folder)
    s3.behave()
    row.get_by_role("button", name="Retry").click()
    hurry.until(row, "done")
    assert left.holds(new, folder)


# Not the person's concern, who has what they wanted: the sweep of the `s3` fixture ends what is left.
UNHEARD = [INTERNAL, SLOW_DOWN, EXPIRED, DENIED, RESET, LOST, CUT]


@pytest.mark.parametrize(("op", "size"), [(Op.ABORT, LARGE), (Op.DELETE, SMALL)], ids=["large", "small"])
@pytest.mark.parametrize("fault", UNHEARD, ids=name_of)
def test_what_is_cancelled_is_gone_whatever_s3_says(
    bob: Page,
    hurry: Hurry,
    s3: FaultyS3,
    make_file: MakeFile,
    left: Aftermath,
    folder: str,
    op: Op,
    size: int,
    fault: Fault,
) -> None:
    file = make_file("unwanted.bin", size)
    sending = s3.will(Op.PART if size == LARGE else Op.PUT, Trouble.HELD)
    ending = s3.will(op, fault)
    choose(bob, file)
    sending.wait()
    row = row_of(bob, file.name)
    row.get_by_role("button", name="Cancel").click()
    expect_state(row, "cancelled")
    hurry.regardless(lambda: ending.met > 0)
    sending.drop()
    row.get_by_role("button", name="Take off the list").click()
    expect(row).to_have_count(0)
    assert left.digest(folder + file.name) is None


@pytest.mark.parametrize("fault", UNHEARD, ids=name_of)
def test_what_is_replaced_is_replaced_though_s3_keeps_the_old(
    bob: Page,
    hurry: Hurry,
    s3: FaultyS3,
    sweeper: Sweeper,
    make_file: MakeFile,
    left: Aftermath,
    folder: str,
    fault: Fault,
) -> None:
    old, new = make_file("old/report.bin", SMALL - 1), make_file("new/report.bin", SMALL)
    row = keep(bob, hurry, old)
    discarding = s3.will(Op.DISCARD, fault)
    choose(bob, new)
    bob.get_by_role("button", name="Replace it").click()
    hurry.until(row, "done")
    assert discarding.met > 0
    assert left.holds(new, folder)
    s3.behave()
    sweeper.sweep()  # ends the record of the old upload; until then that names the old object


def test_what_is_slow_is_waited_for(
    bob: Page, s3: FaultyS3, make_file: MakeFile, left: Aftermath, folder: str
) -> None:
    file = make_file("slow.bin", LARGE)
    steps = [Op.CREATE, Op.PART, Op.PARTS, Op.COMPLETE, Op.HEAD]
    held = [s3.will(op, Trouble.HELD, times=1) for op in steps]
    choose(bob, file)
    row = row_of(bob, file.name)
    for rule in held:
        rule.wait()
        expect(row).to_have_attribute("data-state", re.compile("sending|finishing"))
        rule.let_go()
    expect_state(row, "done")
    assert left.holds(file, folder)


def test_a_part_that_stalls_is_sent_again(
    bob: Page, hurry: Hurry, s3: FaultyS3, make_file: MakeFile, left: Aftermath, folder: str
) -> None:
    file = make_file("stalling.bin", LARGE)
    rule = s3.will(Op.PART, Trouble.HELD, part=3, times=2)
    choose(bob, file)
    row = row_of(bob, file.name)
    s3.wait_for_parts(3)
    hurry.regardless(lambda: rule.met == 2)
    expect(row).to_contain_text("Nothing has got through for a while. It keeps trying.")
    rule.let_go()
    expect_state(row, "done")
    assert left.holds(file, folder)
