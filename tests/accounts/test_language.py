import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from accounts import language


@pytest.mark.parametrize(
    ("locale", "code"),
    [
        ("de", "de"),
        ("de_DE", "de"),
        ("de-AT-1901", "de"),
        ("EN-us", "en"),
        ("pt", "pt-BR"),
        ("pt-PT", "pt-BR"),
        ("zh-CN", "zh-CN"),
        ("zh_TW", "zh-TW"),
        ("zh-Hant-HK", "zh-TW"),
        ("zh", "zh-CN"),
        ("in_ID", "id"),
        ("tlh", ""),
        ("", ""),
        ("-", ""),
        ("de" * 5000, ""),
    ],
)
def test_a_locale_finds_the_nearest_language_of_managed_login(locale: str, code: str) -> None:
    assert language.nearest(locale) == code


@pytest.mark.parametrize("cookie", ["tlh", "de&prompt=none", "", "DE"])
def test_a_forged_cookie_chooses_nothing(cookie: str) -> None:
    request = RequestFactory().get("/")
    request.COOKIES[language.COOKIE] = cookie
    assert language.chosen(request) == ""


@pytest.mark.parametrize(
    ("browser", "code"),
    [
        ("fr-FR,fr;q=0.9,en;q=0.8", "fr"),
        ("tlh, pt-PT;q=0.5", "pt-BR"),
        ("en;q=0.1, de;q=0.9", "de"),
        ("tlh", ""),
        ("*", ""),
        ("\0;q=x", ""),
    ],
)
def test_who_has_chosen_nothing_is_met_in_the_browsers_language(browser: str, code: str) -> None:
    request = RequestFactory().get("/", headers={"Accept-Language": browser})
    assert language.chosen(request) == code
    request.COOKIES[language.COOKIE] = "ja"
    assert language.chosen(request) == "ja"


def test_the_cookie_is_kept_from_scripts_and_other_sites() -> None:
    response = HttpResponse()
    language.remember(response, "de_DE")
    cookie = response.cookies[language.COOKIE]
    assert (cookie.value, cookie["httponly"], cookie["samesite"]) == ("de", True, "Lax")


def test_without_a_language_the_old_one_is_forgotten() -> None:
    response = HttpResponse()
    language.remember(response, "")
    assert response.cookies[language.COOKIE]["max-age"] == 0
