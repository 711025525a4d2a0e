import pytest
from pytest_django import Settings

from accounts import sealing


def test_what_was_sealed_can_be_read_again() -> None:
    assert sealing.unseal(sealing.seal("a token")) == "a token"


def test_a_sealed_text_shows_nothing_of_it() -> None:
    assert "a token" not in sealing.seal("a token")


def test_tokens_sealed_with_a_retired_key_still_open(settings: Settings) -> None:
    sealed = sealing.seal("a token")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "n" * 50
    assert sealing.unseal(sealed) == "a token"


def test_tokens_sealed_with_a_forgotten_key_do_not(settings: Settings) -> None:
    sealed = sealing.seal("a token")
    settings.SECRET_KEY = "n" * 50
    with pytest.raises(sealing.Unreadable):
        sealing.unseal(sealed)


def test_a_tampered_text_is_refused() -> None:
    sealed = sealing.seal("a token")
    with pytest.raises(sealing.Unreadable):
        sealing.unseal(sealed[:-4] + "AAA=")
