"""The `state` of a sign-in: unguessable, and it knows where the person was going.

Every tab has its own, so that two of them land where each was going; and since it is signed, the
destination survives even when the session that started the sign-in is gone.
"""

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.utils.crypto import get_random_string
from django.utils.http import url_has_allowed_host_and_scheme

SALT = "accounts.states"
LONGEST = 2000  # characters; Cognito hands the state back in a URL, which servers take to 4 or 8 KB


def new_state(request: HttpRequest) -> str:
    """A fresh state for this request's `next`, which is kept if it is an address of this site."""
    next_url = request.GET.get("next", "")
    random = get_random_string(32)
    state = signing.dumps([random, next_url if _is_ours(next_url) else ""], salt=SALT)
    return state if len(state) <= LONGEST else signing.dumps([random, ""], salt=SALT)


def next_of(state: str) -> str:
    """Where the sign-in with this state was going; "" when that is nowhere, or not our state."""
    try:
        _, next_url = signing.loads(state, salt=SALT)
    except (signing.BadSignature, ValueError):
        return ""
    return next_url if isinstance(next_url, str) and _is_ours(next_url) else ""


def _is_ours(url: str) -> bool:
    """A path on this site, never another host: an open redirect would lend our name to anybody."""
    return url.startswith("/") and url_has_allowed_host_and_scheme(
        url, allowed_hosts=None, require_https=settings.SECURE
    )
