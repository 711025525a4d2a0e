"""Where a window ends that was opened to sign in again."""

import pytest
from django.test import Client

from tests.conftest import Person


@pytest.mark.django_db
def test_nobody_is_told_so_without_having_signed_in(client: Client) -> None:
    answer = client.get("/account/signed-in/")
    assert answer.status_code == 302
    assert answer["Location"] == "/oidc/authenticate/?next=/account/signed-in/"


def test_it_names_the_person_by_number_only_to_themselves(bob: Person, mallory: Person) -> None:
    for who, other in ((bob, mallory), (mallory, bob)):
        page = who.get("/account/signed-in/")
        assert f'data-person="{who.user.pk}"' in page.content.decode()
        assert f'data-person="{other.user.pk}"' not in page.content.decode()
        assert "no-store" in page["Cache-Control"]
    assert bob.post("/account/signed-in/").status_code == 405
