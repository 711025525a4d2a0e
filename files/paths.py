"""Names and folders: what people may call their files. Pure.

A path is "folder/sub/name.txt": components joined by "/", in any language. Each is put into NFC and
stripped of white space at both ends (people paste names; the answer carries the path that was kept).
Refused is what no file system or header can carry, and what makes a name look like another one.
"""

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import quote

from files.faults import Malformed

NAME_BYTES = 255  # of UTF-8: what file systems allow, so that a download can keep its name
PATH_CHARACTERS = 1_000
# The path also travels as S3 metadata, percent-encoded; S3 allows 2,048 bytes with the metadata's own
# name. The rest is left for " (9999)", which `numbered` may add. About 220 Chinese characters.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
ENCODED_BYTES = 2_000

_ZWNJ, _ZWJ = "\u200c", "\u200d"
# Invisible in themselves, but Persian and the scripts of India are misspelt without them, and emoji
# fall apart; after a letter of Latin, Greek or Cyrillic they are only a way to disguise a name.
_JOINERS = {_ZWNJ, _ZWJ}
_FIRST_JOINING = "\u0590"
_JOINING_CATEGORIES = {"Lo", "Lm", "Mn", "Mc", "So", "Sk", "Nd"}
# Written around digits or words in Arabic, Syriac and Kaithi: format characters, yet visible ones.
# https://www.unicode.org/reports/tr44/#Prepended_Concatenation_Mark
_VISIBLE_FORMAT = set(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)
# The flags of England, Scotland and Wales are a black flag and invisible letters.
_TAG_FLAG = re.compile("\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f")
# Letters and marks by category, nothing to the eye: the Hangul and Khmer fillers, the grapheme joiner.
_BLANK = set("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
_KEYCAPS = set("0123456789#*")
_SUFFIX = re.compile(r"(?P<stem>.+?)(?P<suffix>(?:\.tar)?\.[^.\s]{1,16})", re.DOTALL)


@dataclass(frozen=True)
class Path:
    """A path that has passed every rule: folder is "" or ends with "/"."""

    folder: str
    name: str

    def __str__(self) -> str:
        return self.folder + self.name

    @property
    def encoded(self) -> str:
        return encoded(str(self))


def parse(text: str) -> Path:
    """The path that this text means, or Malformed with what is wrong with it."""
    parts = _components(text)
    path = Path("".join(f"{part}/" for part in parts[:-1]), parts[-1])
    _check_whole(str(path))
    return path


def parse_folder(text: str) -> str:
    """ "" for the top, or "a/b/"; one slash at the end may be there or not."""
    if not text:
        return ""
    try:
        folder = "".join(f"{part}/" for part in _components(text.removesuffix("/")))
        _check_whole(folder)
    except Malformed as error:
        raise Malformed.of("folder", error.detail) from None
    return folder


def numbered(name: str, number: int) -> str:
    """ "report.pdf", 2 → "report (2).pdf", shortened where it must be to stay a valid name."""
    match = _SUFFIX.fullmatch(name)
    stem, suffix = (match["stem"], match["suffix"]) if match else (name, "")
    ending = f" ({number}){suffix}"
    room = NAME_BYTES - len(ending.encode())
    while len(stem.encode()) > room or stem[-1] in _JOINERS or stem[-1].isspace():
        stem = stem[:-1]
    return stem + ending


def folded(name: str) -> str:
    """For finding and ordering names without regard to case, in every script."""
    return unicodedata.normalize("NFC", name.casefold())


def one_line(text: str) -> str:
    """A search as names are written: NFC, stripped; what no name contains is left out."""
    kept = (c for c in text if unicodedata.category(c) not in {"Cc", "Cs"})
    return unicodedata.normalize("NFC", "".join(kept)).strip()


def encoded(text: str) -> str:
    """Percent-encoded for a header: ASCII, and itself again with any URL decoder."""
    return quote(text, safe="/()!$&'*+,=:@")


def _components(text: str) -> list[str]:
    if not text.strip():
        raise _bad("Give the file a name.")
    if len(text) > PATH_CHARACTERS:
        raise _bad(
            f"This name is too long: with its folders it may have {PATH_CHARACTERS:,} characters."
        )
    _check_characters(text)
    parts = [part.strip() for part in unicodedata.normalize("NFC", text).split("/")]
    for part in parts:
        _check_component(part)
    return parts


def _check_component(part: str) -> None:
    if not part:
        raise _bad("A slash separates folders: none at the start or end, and never two in a row.")
    if part in {".", ".."}:
        raise _bad("“.” and “..” cannot be names.")
    if len(part.encode()) > NAME_BYTES:
        raise _bad(f"“{part[:40]}…” is too long: one name may take {NAME_BYTES} bytes of UTF-8.")
    if unicodedata.category(part[0]) in {"Mn", "Me"}:
        raise _bad("A name cannot start with a mark that belongs to a letter before it.")


def _check_whole(path: str) -> None:
    if len(path) > PATH_CHARACTERS or len(encoded(path)) > ENCODED_BYTES:
        raise _bad("This name is too long together with its folders. Use shorter ones.")


def _check_characters(text: str) -> None:
    if text.isascii() and text.isprintable() and "\\" not in text:
        return  # nothing below would complain: a tenth of the time, for most names
    before = ""
    for character in _TAG_FLAG.sub("\U0001f3f4", text):
        if complaint := _complaint(character, before):
            raise _bad(complaint)
        before = character


def _complaint(character: str, before: str) -> str:
    category = unicodedata.category(character)
    if character == "\\":
        return "A name cannot contain a backslash; folders are separated by “/”."
    if category == "Cs":
        return "This name is not valid Unicode."
    if category in {"Cc", "Zl", "Zp"}:
        return f"A name cannot contain control characters or line breaks (U+{ord(character):04X})."
    if character in _JOINERS and _joins(before):
        return ""
    if _is_selector(character) and _selects(before):
        return ""
    hidden = category == "Cf" and character not in _VISIBLE_FORMAT
    if hidden or character in _BLANK or _is_selector(character) or _is_noncharacter(character):
        return f"A name cannot contain invisible characters (U+{ord(character):04X})."
    return ""


def _joins(before: str) -> bool:
    return before >= _FIRST_JOINING and unicodedata.category(before) in _JOINING_CATEGORIES


def _is_selector(character: str) -> bool:
    """A variation selector: it picks the picture of an emoji, or the shape of an ideograph."""
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def _selects(before: str) -> bool:
    if not before or _is_selector(before):
        return False
    letter = unicodedata.category(before).startswith("L")
    return before in _KEYCAPS or before >= _FIRST_JOINING or (before > "\x7f" and not letter)


def _is_noncharacter(character: str) -> bool:
    """Never to be assigned, or set aside to be ignored: neither belongs to any language."""
    point = ord(character)
    return point & 0xFFFE == 0xFFFE or 0xFDD0 <= point <= 0xFDEF or 0xFFF0 <= point <= 0xFFF8


def _bad(complaint: str) -> Malformed:
    return Malformed.of("path", complaint)
