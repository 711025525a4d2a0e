import pytest
from django.test import RequestFactory

from accounts import activity, audit
from accounts.models import Kind, User

CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
)


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (CHROME, "Chrome on Linux"),
        (f"{CHROME} Edg/140.0", "Edge on Linux"),
        (f"{CHROME} OPR/120.0", "Opera on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
            "Gecko) Version/19.0 Mobile/15E148 Safari/604.1",
            "Safari on iPhone",
        ),
        (
            "Mozilla/5.0 (Linux; Android 15; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) "
            "SamsungBrowser/28.0 Chrome/130.0 Mobile Safari/537.36",
            "Samsung Internet on Android",
        ),
        ("Firefox/1", "Firefox"),
        ("curl/8.5", "another program"),
        ("", ""),
    ],
)
def test_a_browser_is_called_by_its_name(user_agent: str, words: str) -> None:
    assert activity.browser_of(user_agent) == words


@pytest.mark.django_db
def test_what_happened_is_told_newest_first_with_its_details() -> None:
    user = User.objects.create(issuer="https://issuer.example", subject="ned")
    request = RequestFactory().get("/", headers={"user-agent": CHROME})
    audit.record(Kind.SIGNED_IN, user=user, request=request)
    audit.record(Kind.GROUPS_CHANGED, user=user, added=["members"], removed=[])
    audit.record(Kind.RIGHTS_CHANGED, user=user, staff=True, superuser=False)
    told = [(one.what, one.more, one.where, one.browser) for one in activity.recent(user)]
    assert told == [
        (
            "Administrator’s rights changed",
            "opens the administration: yes; all rights in it: no",
            "",
            "",
        ),
        ("Groups changed", "added members", "", ""),
        ("Signed in", "", "127.0.0.1", "Chrome on Linux"),
    ]


@pytest.mark.django_db
def test_no_more_is_shown_than_somebody_reads() -> None:
    user = User.objects.create(issuer="https://issuer.example", subject="ned")
    for _ in range(activity.SHOWN + 5):
        audit.record(Kind.SIGNED_IN, user=user)
    assert len(activity.recent(user)) == activity.SHOWN


@pytest.mark.django_db
def test_nobody_learns_where_an_administrator_was() -> None:
    user = User.objects.create(issuer="https://issuer.example", subject="ned")
    request = RequestFactory().get("/", headers={"user-agent": CHROME})
    audit.record(Kind.FILE_READ, user=user, request=request, by=1, file="an id")
    (one,) = activity.recent(user)
    assert (one.what, one.more, one.where, one.browser) == (
        "A file was read",
        "by an administrator",
        "",
        "",
    )
