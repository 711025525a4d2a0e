"""What the pages look like: their words, their colours, and the headers that protect them."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from localaws.managed_login.transactions import Asked, Transaction

HERE = Path(__file__).parent
STATIC = HERE.parent.parent / "static"
LANGUAGES = ("en", "de", "es", "fr")
TOKENS_END = "/* --- Ground"  # in the site's stylesheet: before it stand the custom properties

_templates = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined
)


def page(
    name: str,
    transaction: Transaction | None = None,
    /,
    *,
    lang: str = "",
    status: int = 200,
    errors: Mapping[str, str] | None = None,
    **context: Any,
) -> Response:
    """The template `name` as an answer. errors: the key of a sentence, by field ("" for the whole form).

    Pages with errors are answered 200, for the browser logs whatever else as a failure of the site.
    """
    asked = transaction.asked if transaction else Asked()
    words = words_of(lang or asked.lang)
    body = _templates.get_template(f"{name}.html").render(
        t=words.tell,
        lang=words.lang,
        errors={field: words.tell(key) for field, key in (errors or {}).items()},
        transaction=transaction.id if transaction else "",
        **context,
    )
    return HTMLResponse(body, status, headers=_headers(asked.redirect_uri))


class Words:
    def __init__(self, lang: str) -> None:
        self.lang = lang
        self._told: dict[str, str] = json.loads((HERE / "words" / f"{lang}.json").read_text("utf-8"))

    def tell(self, key: str, **values: object) -> str:
        return self._told[key].format(**values)


@cache
def _words(lang: str) -> Words:
    return Words(lang)


def words_of(asked: str) -> Words:
    """The language of a `lang` parameter; English for those that these pages do not speak."""
    short = asked.partition("-")[0].lower()
    return _words(short if short in LANGUAGES else "en")


def stylesheet() -> Response:
    """The site's own colours and sizes, read from its stylesheet, and what these pages make of them."""
    tokens = (STATIC / "strongbox.css").read_text("utf-8").partition(TOKENS_END)[0]
    return Response(tokens + (HERE / "style.css").read_text("utf-8"), media_type="text/css")


def mark() -> Response:
    return Response((STATIC / "favicon.svg").read_bytes(), media_type="image/svg+xml")


def _headers(redirect_uri: str) -> dict[str, str]:
    """No script, no frame, no copy.

    Chromium holds form-action against where a form's answer redirects to, so the registered address of
    the site is in it. The policy no-referrer would make the origin that a form names "null".
    """
    callback = urlsplit(redirect_uri)
    site = f" {callback.scheme}://{callback.netloc}" if callback.netloc else ""
    policy = {
        "default-src": "'none'",
        "style-src": "'self'",
        "img-src": "'self'",
        "form-action": "'self'" + site,
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "Cache-Control": "no-store",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
