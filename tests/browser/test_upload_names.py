"""Names and requests that are made to do harm: refused in words, or kept as nothing but a name."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.aftermath import Aftermath
from tests.browser.conftest import Complaints
from tests.browser.faults import FaultyS3
from tests.browser.uploading import Api, drop

REFUSED = {
    "../up.txt": "“.” and “..” cannot be names.",
    "..": "“.” and “..” cannot be names.",
    "/etc/passwd": "A slash separates folders",
    "a//b.txt": "A slash separates folders",
    "back\\slash.txt": "A name cannot contain a backslash",
    "nul\0.txt": "control characters or line breaks (U+0000)",
    "line\nbreak.txt": "control characters or line breaks (U+000A)",
    "gpj.\u202eexe": "invisible characters (U+202E)",
    "zero\u200bwidth.txt": "invisible characters (U+200B)",
    "🦊" * 64: "too long: one name may take 255 bytes of UTF-8.",
    "deep/" * 200 + "x": "too long",
}
KEPT = [
    "<img src=x onerror=alert(1)>.txt",
    "{{ 7*7 }}{% debug %}.txt",
    "'; DROP TABLE files_file; --.txt",
    "CON",
    "trailing dot.",
    "🦊" * 62 + ".txt",
    "-rf",
    "%2e%2e%2fup.txt",
    "half a pair \ufffd.txt",  # as browsers give a lone surrogate to pages
]
MALFORMED: list[tuple[str, Any]] = [
    ("path", r'"half a pair \ud800.txt"'),
    ("path", "null"),
    ("path", "7"),
    ("path", '["a.txt"]'),
    ("path", '"' + "x" * 20_000 + '"'),
    ("size", "-1"),
    ("size", "1.5"),
    ("size", "1e400"),
    ("size", "NaN"),
    ("size", str(2**63)),
    ("size", '"4"'),
    ("content_type", r'"text/plain\r\nX-Evil: 1"'),
    ("content_type", '"' + "x" * 300 + '"'),
    ("sha256", '"bad"'),
    ("part_sha256", '["bad"]'),
    ("part_size", "1"),
    ("on_conflict", '"destroy"'),
    ("last_modified", str(10**30)),
    ("fingerprint", '"' + "x" * 65 + '"'),
    ("owner", "1"),
]


def test_a_hostile_name_is_refused_in_words_or_is_only_a_name(
    bob: Page, s3: FaultyS3, complaints: Complaints, left: Aftermath, folder: str
) -> None:
    before = left.files.keys()
    drop(bob, dict.fromkeys([*REFUSED, *KEPT], "harmless"))
    rows = bob.locator("#queue .upload")
    expect(rows).to_have_count(len(REFUSED) + len(KEPT))
    for index, told in enumerate(REFUSED.values()):
        expect(rows.nth(index).locator(".said")).to_contain_text(told)
        expect(rows.nth(index)).to_have_attribute("data-state", "failed")
    for index, name in enumerate(KEPT, len(REFUSED)):
        expect(rows.nth(index)).to_have_attribute("data-state", "done")
        expect(rows.nth(index).locator(".name")).to_have_text(name)
    assert left.files.keys() - before == {folder + name for name in KEPT}
    assert left.under_way(folder) == []
    assert not bob.locator("img").count()


@pytest.mark.parametrize("batch", [False, True], ids=["alone", "in a batch"])
def test_a_malformed_request_is_told_which_field_is_wrong(bob: Page, s3: FaultyS3, batch: bool) -> None:
    api = Api(bob)
    for field, value in MALFORMED:
        fields = {"path": '"a.txt"', "size": "4"} | {field: value}
        body = "{" + ", ".join(f'"{name}": {text}' for name, text in fields.items()) + "}"
        path = "/uploads"
        if batch:
            body, path = f'{{"uploads": [{body}]}}', "/uploads/batch"
        answer = api.call("POST", path, body)
        problem = answer.json()
        if answer.status == 200:
            (result,) = problem["results"]
            problem = result["problem"]
        assert problem["status"] in {413, 422}, (field, value, problem)
        assert field.removeprefix("part_") in str(problem["errors"]), (field, value, problem)


def test_what_is_no_json_or_no_object_is_malformed(bob: Page, s3: FaultyS3) -> None:
    api = Api(bob)
    for body in ("", "{", "[]", "null", "\0", '{"a":' * 5_000):
        for path in ("/uploads", "/uploads/batch", "/uploads/batch/complete", "/files/known"):
            assert api.call("POST", path, body).status in {400, 422}, (path, body[:9])
