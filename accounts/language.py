"""The language in which managed login meets somebody: chosen on their profile, kept in a cookie.

The cookie is for the moments when nobody is signed in, so that nobody can say what they chose.
https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-managed-login.html
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation.trans_real import parse_accept_lang_header

COOKIE = "language"
YEAR = 365 * 24 * 3600  # seconds

# What managed login speaks, by the codes of its `lang` parameter; each called as it calls itself.
LANGUAGES = {
    "de": "Deutsch",
    "en": "English",
    "es": "Español",
    "fr": "Français",
    "id": "Bahasa Indonesia",
    "it": "Italiano",
    "ja": "日本語",
    "ko": "한국어",
    "pt-BR": "Português (Brasil)",
    "zh-CN": "简体中文",
    "zh-TW": "繁體中文",
}
_USUAL = {"pt": "pt-BR", "zh": "zh-CN", "zh-hant": "zh-TW", "zh-hk": "zh-TW", "in": "id"}
_CODES = {code.lower(): code for code in LANGUAGES} | _USUAL


def nearest(locale: str) -> str:
    """The code of LANGUAGES for a locale such as "de_DE", which other providers write; "" for none."""
    parts = locale.strip().lower().replace("_", "-").split("-")
    tags = ("-".join(parts[:n]) for n in range(len(parts), 0, -1))
    return next((_CODES[tag] for tag in tags if tag in _CODES), "")


def chosen(request: HttpRequest) -> str:
    """The code to send to the authorize endpoint as `lang`: the person's choice, else the browser's.

    "" when neither is one that managed login speaks; it does not ask the browser itself.
    """
    code = request.COOKIES.get(COOKIE, "")
    if code in LANGUAGES:
        return code
    preferred = parse_accept_lang_header(request.headers.get("Accept-Language", ""))
    return next(filter(None, (nearest(tag) for tag, _quality in preferred)), "")


def remember(response: HttpResponseBase, locale: str) -> None:
    """Keep the language of this locale for the next sign-in; without one, forget what was kept."""
    code = nearest(locale)
    if not code:
        response.delete_cookie(COOKIE, samesite="Lax")
        return
    response.set_cookie(
        COOKIE, code, max_age=YEAR, secure=settings.SECURE, httponly=True, samesite="Lax"
    )
