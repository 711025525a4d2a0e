"""How a browser should treat a download: its type, its name, and whether it may be shown. Pure."""

import re
import unicodedata
from urllib.parse import quote

TYPE_LENGTH = 255
UNKNOWN_TYPE = "application/octet-stream"
_WORD = r"[\w!#$&^.+-]{1,100}"
_TYPE = re.compile(rf"{_WORD}/{_WORD}(?:; ?{_WORD}={_WORD}){{0,2}}", re.ASCII)
# Types that cannot run script where they are shown, as long as the browser believes the type. HTML,
# XML and SVG can, so they are only ever saved.
_SHOWN = re.compile(
    r"image/(?:png|jpeg|gif|webp|avif|bmp|apng|x-icon|vnd\.microsoft\.icon|heic|heif|tiff)"
    r"|(?:audio|video)/[\w.-]+|application/pdf|text/plain",
    re.ASCII,
)
_ATTR = "!#$&+-.^_`|~"  # RFC 5987 attr-char, beyond letters and digits


def content_type(text: str) -> str | None:
    """A media type that is safe in a header, lower-case; None when this is not one."""
    text = text.strip().lower()
    return text if _TYPE.fullmatch(text) and len(text) <= TYPE_LENGTH else None


def inline_type(media_type: str) -> str | None:
    """The type to show a file as, or None when it may only be saved."""
    if not _SHOWN.fullmatch(media_type.partition(";")[0]):
        return None
    # Without a charset browsers guess, and guess Latin-1; text is UTF-8 in most files.
    return "text/plain; charset=utf-8" if media_type == "text/plain" else media_type


def content_disposition(name: str, *, inline: bool = False) -> str:
    """RFC 6266: an ASCII name for old clients, and the real one percent-encoded (RFC 5987)."""
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename=\"{_ascii(name)}\"; filename*=UTF-8''{quote(name, safe=_ATTR)}"


def _ascii(name: str) -> str:
    """ "Jalapeño.pdf" → "Jalapeno.pdf", "報告.pdf" → "file.pdf"; nothing that needs an escape."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9 _.,()\[\]{}!@#$&+=~-]", "_", plain)
    stem, dot, suffix = plain.rpartition(".")
    if not dot:
        stem, suffix = plain, ""
    if not re.search(r"[A-Za-z0-9]", stem):
        stem = "file"
    return f"{stem.strip(' .')}{dot}{suffix}"
