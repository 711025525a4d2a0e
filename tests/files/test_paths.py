"""What a file may be called."""

import unicodedata
from urllib.parse import unquote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from files import paths
from files.faults import Malformed

PERSIAN = "می‌خواهم.pdf"
FAMILY = "👨‍👩‍👧‍👦 holiday.jpg"

IN_MANY_LANGUAGES = [
    "report.pdf",
    "Jalapeño.txt",
    "报告 最终版.docx",
    "日本語　全角スペース.txt",
    "한국어 보고서.hwp",
    "דו״ח שנתי.pdf",
    "تقرير ١٤٤٦.pdf",
    PERSIAN,
    "۱۳۶۰ ه‍.ش.txt",
    "क्‍ष and क्‌ष.txt",
    "Ελληνικά.txt",
    "Отчёт №5.xlsx",
    "รายงาน.pdf",
    FAMILY,
    "🏳️‍🌈.png",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿 flag.svg",
    "1️⃣ first.txt",
    "👩🏽‍💻.md",
    "葛󠄀.txt",
    "؀١٢٣.txt",
    "100% — “sure” & <b>; a=b'c?.txt",
    ".bashrc",
    "no suffix",
    "...",
]


@pytest.mark.parametrize("name", IN_MANY_LANGUAGES)
def test_people_name_files_in_their_own_language(name: str) -> None:
    path = paths.parse(f"Ordner/{name}")
    assert path.folder == "Ordner/"
    assert path.name == unicodedata.normalize("NFC", name)
    assert unquote(path.encoded) == str(path)
    assert path.encoded.isascii()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "Give the file a name"),
        ("   ", "Give the file a name"),
        ("/etc/passwd", "slash separates"),
        ("folder/", "slash separates"),
        ("a//b", "slash separates"),
        ("a/ /b", "slash separates"),
        (".", "cannot be names"),
        ("a/../b", "cannot be names"),
        ("../../secret", "cannot be names"),
        (" .. /b", "cannot be names"),
        ("a\\..\\b", "backslash"),
        ("line\nbreak", "control"),
        ("nul\0", "U+0000"),
        ("\x7f", "control"),
        ("a\u2028b", "U+2028"),
        ("evil\u202efdp.exe", "U+202E"),
        ("\u2066isolated\u2069", "invisible"),
        ("re\u200bport.pdf", "U+200B"),
        ("\ufeffbom.txt", "invisible"),
        ("soft\u00adhyphen", "invisible"),
        ("report\u200c.pdf", "U+200C"),
        ("re\u200dport.pdf", "U+200D"),
        ("\u200cstart", "U+200C"),
        ("م\u200c\u200cن", "U+200C"),
        ("a\ufe0f.txt", "U+FE0F"),
        ("a\U000e0067b", "invisible"),
        ("ㅤ", "invisible"),
        ("a\uffff", "invisible"),
        ("a\ud800", "not valid Unicode"),
        ("\ufe0fx", "U+FE0F"),
        ("\u0301x", "mark that belongs"),
        ("a/\u20ddx", "mark that belongs"),
        ("x" * 256, "255 bytes"),
        ("語" * 86, "255 bytes"),
        ("x/" * 501 + "x", "1,000 characters"),
        ("x" * 10_000, "1,000 characters"),
        ("/".join(["語" * 80] * 3), "together with its folders"),
    ],
)
def test_a_name_that_cannot_be_used_is_refused_with_the_reason(text: str, complaint: str) -> None:
    with pytest.raises(Malformed) as refusal:
        paths.parse(text)
    assert complaint in refusal.value.detail
    assert refusal.value.errors == {"path": refusal.value.detail}
    assert refusal.value.status == 422


def test_white_space_around_names_is_dropped_and_names_are_composed() -> None:
    path = paths.parse("  Fotos / Cafe\u0301.jpg \u00a0")
    assert (path.folder, path.name) == ("Fotos/", "Caf\u00e9.jpg")


def test_the_longest_names_fit() -> None:
    assert paths.parse("x" * 255).name == "x" * 255
    assert len(str(paths.parse("/".join(["x" * 249] * 4)))) == 999
    assert paths.parse("/".join(["語" * 73] * 3))


@pytest.mark.parametrize(
    ("text", "folder"), [("", ""), ("a", "a/"), ("a/b/", "a/b/"), (" a / b ", "a/b/")]
)
def test_a_folder_is_written_with_or_without_the_last_slash(text: str, folder: str) -> None:
    assert paths.parse_folder(text) == folder


@pytest.mark.parametrize("text", ["/", "a//", "../", "a\0/", "\u202e"])
def test_a_folder_follows_the_same_rules(text: str) -> None:
    with pytest.raises(Malformed) as refusal:
        paths.parse_folder(text)
    assert "folder" in refusal.value.errors


@pytest.mark.parametrize(
    ("name", "second"),
    [
        ("report.pdf", "report (2).pdf"),
        ("backup.tar.gz", "backup (2).tar.gz"),
        ("v1.2 notes", "v1.2 notes (2)"),
        (".bashrc", ".bashrc (2)"),
        ("no suffix", "no suffix (2)"),
        ("dot.", "dot. (2)"),
        ("x" * 251 + ".pdf", "x" * 247 + " (2).pdf"),
    ],
)
def test_a_second_file_of_a_name_is_numbered(name: str, second: str) -> None:
    assert paths.numbered(name, 2) == second


@given(st.text(max_size=300))
def test_every_text_is_either_a_path_or_refused(text: str) -> None:
    try:
        path = paths.parse(text)
    except Malformed:
        return
    whole = str(path)
    assert paths.parse(whole) == path  # what is kept is accepted again, unchanged
    assert unicodedata.is_normalized("NFC", whole)
    assert all(part and part not in {".", ".."} for part in whole.split("/"))
    assert all(len(part.encode()) <= 255 for part in whole.split("/"))
    assert not set(whole) & set("\\\0\r\n\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
    assert len(path.encoded) <= 2_000
    assert path.encoded.isascii()


@given(
    st.one_of(st.text(min_size=1, max_size=255), st.sampled_from(IN_MANY_LANGUAGES)),
    st.integers(2, 9999),
)
def test_a_numbered_name_is_as_valid_as_the_name(name: str, number: int) -> None:
    try:
        kept = paths.parse(name).name
    except Malformed:
        assume(False)
    second = paths.numbered(kept, number)
    assert paths.parse(second).name == second
    assert f"({number})" in second
    assert len(second.encode()) <= 255


@given(st.text(max_size=50))
def test_folding_finds_names_whatever_their_case(text: str) -> None:
    assert paths.folded(text.upper().lower()) == paths.folded(paths.folded(text.upper().lower()))


def test_a_search_keeps_joiners_and_drops_control_characters() -> None:
    assert paths.one_line("  می‌خواهم\0\n") == "می‌خواهم"


def test_the_shortcut_for_plain_english_lets_nothing_else_pass() -> None:
    for character in map(chr, range(0x80)):
        short = character.isprintable() and character != "\\"
        for before in ("", "a", "\u05d0"):
            assert bool(paths._complaint(character, before)) != short
