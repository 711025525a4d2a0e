"""What a browser is told about a download."""

import email.message
import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from files import disposition
from tests.files.test_paths import IN_MANY_LANGUAGES


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("report.pdf", "report.pdf"),
        ("Jalapeño.pdf", "Jalapeno.pdf"),
        ("報告.pdf", "file.pdf"),
        ('a"; filename=evil.exe', "a__ filename=evil.exe"),
        ("100%41.txt", "100_41.txt"),
        (".bashrc", "file.bashrc"),
        ("حفظ", "file"),
    ],
)
def test_old_clients_get_a_plain_name(name: str, plain: str) -> None:
    assert f'filename="{plain}"' in disposition.content_disposition(name)


@given(
    st.one_of(
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.sampled_from(IN_MANY_LANGUAGES)
    )
)
def test_no_name_breaks_out_of_the_header_and_every_name_comes_back_whole(name: str) -> None:
    header = disposition.content_disposition(name)
    match = re.fullmatch(
        r"attachment; filename=\"([^\"\\\x00-\x1f]+)\"; filename\*=UTF-8''([!-~]+)", header
    )
    assert match
    assert match[1].isascii()
    assert unquote(match[2]) == name
    message = email.message.Message()
    message["Content-Disposition"] = header
    assert message.get_content_disposition() == "attachment"


@pytest.mark.parametrize("kind", ["image/png", "audio/mpeg", "video/mp4", "application/pdf"])
def test_what_cannot_run_script_may_be_shown(kind: str) -> None:
    assert disposition.inline_type(kind) == kind


def test_text_is_shown_as_utf_8() -> None:
    assert disposition.inline_type("text/plain") == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    "kind",
    [
        "text/html",
        "image/svg+xml",
        "application/xhtml+xml",
        "text/xml",
        "application/javascript",
        "text/html; x=image/png",
        "image/svg+xml; charset=utf-8",
        "application/octet-stream",
        "video/x+xml",
    ],
)
def test_what_could_run_script_is_only_saved(kind: str) -> None:
    assert disposition.inline_type(kind) is None


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Image/PNG", "image/png"),
        ("text/plain;charset=utf-8", "text/plain;charset=utf-8"),
        ("", None),
        ("text", None),
        ("text/html\r\nX-Evil: 1", None),
        ("text/\u00e9", None),
        ("a/" + "b" * 300, None),
    ],
)
def test_a_media_type_is_safe_in_a_header_or_none(text: str, kept: str | None) -> None:
    assert disposition.content_type(text) == kept
