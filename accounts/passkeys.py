"""Adding a passkey: managed login has the page for it, and this leads there and back.

The page wants a live session of managed login (an hour), hence the fresh sign-in. It comes back to the
app client's callback with ?result=success or ?result=invalid_session, and no state.
https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html
"""

from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.generic import View

from accounts import audit, cognito
from accounts.account_pages import OfTheUserPool, person_of
from accounts.models import Kind
from accounts.step_up import FreshSignInMixin

BEGUN = "adding_passkey"  # in the session, until the person is back


class AddPasskey(OfTheUserPool, FreshSignInMixin, View):
    max_age = 900
    http_method_names = ("get", "head")

    def get(self, request: HttpRequest) -> HttpResponse:
        if not settings.COGNITO_PASSKEYS:
            raise Http404
        request.session[BEGUN] = True
        query = {
            "client_id": settings.COGNITO_CLIENT_ID,
            "response_type": "code",
            "scope": settings.OIDC_RP_SCOPES,
            "redirect_uri": cognito.redirect_uri(),
        }
        return HttpResponseRedirect(f"{settings.COGNITO_DOMAIN}/passkeys/add?{urlencode(query)}")


@never_cache
@require_safe
@login_required
def back(request: HttpRequest) -> HttpResponse:
    """From managed login's page, by way of the callback; whoever was not there is told nothing."""
    if request.session.pop(BEGUN, False):
        if request.GET.get("result") == "success":
            audit.record(Kind.PASSKEY_ADDED, user=person_of(request), request=request)
            messages.success(request, "Your passkey is added. You can sign in with it from now on.")
        else:
            messages.warning(request, "No passkey was added. You can try again whenever you like.")
    return redirect("account")
