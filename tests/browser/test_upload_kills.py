"""The browser, the site, or its database stops in the middle of an upload, and the upload goes on."""

import base64
import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, Response, expect

from tests.browser.aftermath import Aftermath
from tests.browser.conftest import Complaints
from tests.browser.faults import FaultyS3, Op, Trouble
from tests.browser.site import Site, kill_browser, launch_with_profile
from tests.browser.uploading import MIB, Hurry, MakeFile, choose, expect_state, row_of

PARTS, SINGLE = 17 * MIB, 1 * MIB


@pytest.fixture(autouse=True)
def forgiving(complaints: Complaints) -> None:
    complaints.forgive("^Failed to load resource")


# --- The browser -----------------------------------------------------------------------------------


def test_after_the_browser_was_killed_the_next_one_sends_what_is_missing(
    bob: Page,
    playwright: Playwright,
    s3: FaultyS3,
    make_file: MakeFile,
    left: Aftermath,
    folder: str,
    tmp_path: Path,
) -> None:
    profile, file = tmp_path / "profile", make_file("killed.bin", 20 * MIB)
    context = launch_with_profile(playwright, profile)
    held = s3.will(Op.PART, Trouble.HELD, after=2)
    choose(at_files(context, bob), file)
    held.wait()
    s3.wait_for_parts(2)
    kill_browser(context, profile)
    held.drop()
    s3.behave()
    context = launch_with_profile(playwright, profile)
    page = at_files(context, bob)
    unfinished = page.locator("#unfinished").get_by_role("listitem").filter(has_text=file.name)
    expect(unfinished.locator(".said")).to_contain_text("10.0 MB of 20.0 MB stored")
    choose(page, file)
    row = row_of(page, file.name)
    expect_state(row, "done")
    expect(row).to_contain_text("Verified")
    assert set(s3.parts_taken.values()) == {1}
    context.close()
    assert left.holds(file, folder)


def test_a_large_file_survives_two_reloads_and_its_hash_is_right(
    bob: Page, s3: FaultyS3, make_file: MakeFile, left: Aftermath, folder: str
) -> None:
    file = make_file("large.bin", 203 * MIB + 1)
    for so_far in (10, 25):
        held = s3.will(Op.PART, Trouble.HELD, after=so_far - len(s3.parts_taken))
        choose(bob, file)
        held.wait()
        s3.wait_for_parts(so_far)
        bob.reload()
        s3.behave()
    choose(bob, file)
    row = row_of(bob, file.name)
    expect_state(row, "done")
    with sqlite3.connect(left.server.database) as database:
        ((kept, part_size),) = database.execute(
            "SELECT sha256, part_size FROM files_file WHERE folder = ?", [folder]
        )
    assert kept == composite(file, part_size)
    row.get_by_text("Verified").click()
    expect(row.get_by_text(kept)).to_be_visible()
    assert left.holds(file, folder)
    assert len(s3.parts_taken) == -(-file.stat().st_size // part_size)
    # All that was held is lost at each reload: a browser has twelve connections to S3's two names.
    on_the_wire = 2 * 12 * part_size
    assert s3.bytes_sent <= file.stat().st_size + on_the_wire


def composite(file: Path, part_size: int) -> str:
    """What S3 tells of an object made of parts: the SHA-256 of the parts' SHA-256, and how many."""
    digests = b""
    with file.open("rb") as content:
        while part := content.read(part_size):
            digests += hashlib.sha256(part).digest()
    whole = base64.b64encode(hashlib.sha256(digests).digest()).decode()
    return f"{whole}-{len(digests) // 32}"


def at_files(context: BrowserContext, like: Page) -> Page:
    """The same page as that one, signed in as there."""
    context.add_cookies(like.context.cookies())  # type: ignore[arg-type]  # what it gives, it takes
    page = context.new_page()
    page.goto(like.url)
    return page


# --- The site --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("op", "trouble", "size"),
    [
        pytest.param(Op.CREATE, Trouble.HELD, PARTS, id="while it starts"),
        pytest.param(Op.CREATE, Trouble.LATE, PARTS, id="before a row is written of what S3 began"),
        pytest.param(Op.PART, Trouble.HELD, PARTS, id="between parts"),
        pytest.param(Op.PARTS, Trouble.HELD, PARTS, id="while it completes"),
        pytest.param(Op.COMPLETE, Trouble.LATE, PARTS, id="before a row is written of what S3 has"),
        pytest.param(Op.LIST, Trouble.HELD, SINGLE, id="while it completes a batch"),
    ],
)
def test_a_killed_site_is_waited_for(
    bob: Page,
    server: Site,
    s3: FaultyS3,
    make_file: MakeFile,
    left: Aftermath,
    folder: str,
    op: Op,
    trouble: Trouble,
    size: int,
) -> None:
    file = make_file("interrupted.bin", size)
    rule = s3.will(op, trouble, times=1)
    choose(bob, file)
    rule.wait()
    server.kill()
    rule.let_go()
    server.start()
    expect_state(row_of(bob, file.name), "done")
    assert left.holds(file, folder)
    assert [path for path in left.files if path.startswith(folder)] == [folder + file.name]


def test_a_killed_worker_is_replaced_and_nobody_notices(
    bob: Page, server: Site, s3: FaultyS3, make_file: MakeFile, left: Aftermath, folder: str
) -> None:
    file = make_file("interrupted.bin", PARTS)
    rule = s3.will(Op.COMPLETE, Trouble.LATE, times=1)
    choose(bob, file)
    rule.wait()
    server.kill_worker()
    expect_state(row_of(bob, file.name), "done")
    assert left.holds(file, folder)


def test_a_site_that_stays_away_is_told_and_retry_goes_on_once_it_is_back(
    bob: Page, server: Site, s3: FaultyS3, make_file: MakeFile, left: Aftermath, folder: str
) -> None:
    file = make_file("patient.bin", PARTS)
    hurry = Hurry(bob)
    rule = s3.will(Op.PART, Trouble.HELD, part=4)
    choose(bob, file)
    rule.wait()
    server.kill()
    rule.let_go()
    row = row_of(bob, file.name)
    expect_state(row, "finishing")
    hurry.until(row, "failed")
    expect(row).to_contain_text("This site cannot be reached. Check your connection, then retry.")
    server.start()
    row.get_by_role("button", name="Retry").click()
    expect_state(row, "done")
    assert left.holds(file, folder)
    assert set(s3.parts_taken.values()) == {1}


# --- The database and the sign-in ------------------------------------------------------------------


@contextmanager
def locked(server: Site) -> Iterator[None]:
    """As if somebody had opened the database in a tool, and gone to lunch."""
    with closing(sqlite3.connect(server.database, isolation_level=None)) as database:
        database.execute("BEGIN EXCLUSIVE")
        yield


def test_a_locked_database_is_waited_for(
    bob: Page, server: Site, s3: FaultyS3, make_file: MakeFile, left: Aftermath, folder: str
) -> None:
    finishing, starting = make_file("finishing.bin", PARTS), make_file("starting.bin", SINGLE)
    rule = s3.will(Op.COMPLETE, Trouble.HELD, times=1)
    choose(bob, finishing)
    rule.wait()
    refused: list[Response] = []
    bob.on("response", lambda answer: refused.append(answer) if answer.status >= 500 else None)
    with locked(server), bob.expect_response(lambda answer: answer.status >= 500, timeout=40_000):
        rule.let_go()
        choose(bob, starting)
    for file in (finishing, starting):
        expect_state(row_of(bob, file.name), "done")
        assert left.holds(file, folder)
    assert {answer.status for answer in refused} == {503}


def test_a_sign_in_that_ends_midway_is_renewed_in_place(
    bob: Page, server: Site, s3: FaultyS3, make_file: MakeFile, left: Aftermath, folder: str
) -> None:
    file = make_file("signed out.bin", PARTS)
    rule = s3.will(Op.PART, Trouble.HELD, part=4)
    choose(bob, file)
    rule.wait()
    cookies = bob.context.cookies()
    bob.context.clear_cookies(name="sessionid")
    rule.let_go()
    row = row_of(bob, file.name)
    expect_state(row, "signed-out")
    expect(row).to_contain_text("Your sign-in has ended. It goes on when you are signed in again.")
    bob.context.add_cookies(cookies)  # type: ignore[arg-type]  # what it gives, it takes
    bob.evaluate("window.dispatchEvent(new Event('focus'))")  # as when one comes back from another tab
    expect_state(row, "done")
    assert left.holds(file, folder)
    assert set(s3.parts_taken.values()) == {1}
