"""What the processes of the site must agree on."""

from collections.abc import Iterator

import pytest

from tests import workers
from tests.workers import AT_ONCE, Site

ROUNDS = 3


@pytest.fixture(scope="module")
def site(static_files: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with workers.serve(tmp_path_factory.mktemp("workers")) as running:
        yield running


@pytest.mark.parametrize("rotate", [False, True], ids=["rotation off", "rotation on"])
def test_pitfall_10_many_requests_in_several_processes_refresh_once_and_none_fails(
    site: Site, rotate: bool
) -> None:
    cookies = site.sign_in()
    site.cognito.calls.clear()
    site.cognito.rotate, site.cognito.delay = rotate, 0.2
    for done in range(ROUNDS):
        site.let_tokens_run_out()
        assert site.many_requests(cookies) == {"/files/": AT_ONCE}
        assert site.cognito.count("/oauth2/token") == done + 1
    # With rotation, each is the one that the refresh before has brought.
    assert len(set(site.refresh_tokens_used())) == (ROUNDS if rotate else 1)


def test_a_sign_in_that_cognito_has_ended_is_asked_about_once_and_is_out_in_every_process(
    site: Site,
) -> None:
    cookies = site.sign_in()
    site.let_tokens_run_out()
    site.cognito.calls.clear()
    site.cognito.will_answer("/oauth2/token", 400, {"error": "invalid_grant"})
    assert site.many_requests(cookies) == {"200": AT_ONCE}, "the front page, as nobody"
    assert site.cognito.count("/oauth2/token") == 1
