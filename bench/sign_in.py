"""Signing in: calls at the identity provider, wall time, and what each side verifies.

Measured: two sites, each in a gunicorn of its own, and one stand-in for Cognito that counts the calls.
A sign-in is what the browser asks of the site: /oidc/authenticate/, then the callback with a code; the
person is known and the keys are warm. Each call crosses a network where Cognito is real; here it is
loopback, so the wall time is taken twice, the second time with a provider that waits before each
answer. Not measured: the sign-in page, and TLS, whose handshake comes on top for each new connection.

What is verified is not read from either side's source but tried: an answer of the token endpoint that
is wrong in one point, and whether a session came of it.
"""

import json
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from django.conf import settings

from bench import processes
from bench.forgeries import forgeries
from bench.site import Server, migrated, serve
from bench.table import Row
from bench.timing import in_turns, milliseconds
from tests import fakes
from tests.fakes import FakeCognito
from tests.stack import STACK

ROUNDS = 60
AWAY = 0.02  # seconds: an answer from another data centre, without TLS
SIGNED_IN = "/files/"  # where both sites send people who are
POOL = fakes.ISSUER.rpartition("/")[2]
Forge = Callable[[str], dict[str, Any]]


@dataclass(frozen=True)
class Site:
    """One of the two, and the provider that both ask."""

    server: Server
    cognito: FakeCognito

    def sign_in(self, forge: Forge | None = None) -> requests.Response:
        """A new browser's way through the site; forge makes the token endpoint's answer of a nonce."""
        with requests.Session() as browser:
            asked = self._asked(browser)
            if forge:
                self.cognito.will_answer("/oauth2/token", 200, forge(asked["nonce"]))
            # The provider's code is the nonce, which it so puts into the ID token.
            answer = {"code": asked["nonce"], "state": asked["state"]}
            return self._get(browser, "callback", answer)

    def must_sign_in(self) -> None:
        answer = self.sign_in()
        if answer.headers.get("Location") != SIGNED_IN:
            raise RuntimeError(f"the sign-in failed: {answer.status_code} {answer.text[:300]}")

    def calls(self) -> Counter[str]:
        """What one sign-in asks of the provider."""
        before = len(self.cognito.calls)
        self.must_sign_in()
        return Counter(call.path.rpartition("/")[2] for call in self.cognito.calls[before:])

    def cpu_seconds(self) -> float:
        return processes.cpu_seconds(self.server.pid)

    def proves_possession(self) -> bool:
        """Whether PKCE is on: a challenge when it starts, its verifier when it redeems the code."""
        with requests.Session() as browser:
            asked = self._asked(browser)
            self._get(browser, "callback", {"code": asked["nonce"], "state": asked["state"]})
        redeemed = [call.form for call in self.cognito.calls if call.path == "/oauth2/token"][-1]
        return asked.get("code_challenge_method") == "S256" and "code_verifier" in redeemed

    def _asked(self, browser: requests.Session) -> dict[str, str]:
        answer = self._get(browser, "authenticate", {})
        query = parse_qs(urlsplit(answer.headers["Location"]).query)
        return {name: values[0] for name, values in query.items()}

    def _get(self, browser: requests.Session, step: str, query: dict[str, str]) -> requests.Response:
        url = f"{self.server.url}/oidc/{step}/"
        return browser.get(url, params=query, allow_redirects=False, timeout=30)


def run() -> list[Row]:
    with ExitStack() as stack:
        cognito = stack.enter_context(fakes.fake_cognito())
        known = {"COGNITO_DOMAIN": cognito.url, "COGNITO_CLIENT_ID": fakes.CLIENT}
        database = settings.DATABASES["default"] | {"NAME": str(STACK.folder / "peer.sqlite3")}
        peers = known | {"PEER_DATABASE": json.dumps(database)}
        ours = migrated(
            "sign_in",
            AWS_ENDPOINT_URL=cognito.url,  # where the keys are
            COGNITO_USER_POOL_ID=POOL,
            **known,
        )
        site = Site(stack.enter_context(serve("config.wsgi", ours)), cognito)
        peer = Site(stack.enter_context(serve("bench.peer_sign_in", ours | peers)), cognito)
        site.must_sign_in()  # from here on the person is known, and the keys are warm
        peer.must_sign_in()
        calls, used = _calls(site, peer), (site.cpu_seconds(), peer.cpu_seconds())
        times = [_wall(site, peer, 0), _wall(site, peer, AWAY)]
        return [calls, *times, _cpu(site, peer, used), *_verified(site, peer)]


def _calls(site: Site, peer: Site) -> Row:
    ours, theirs = site.calls(), peer.calls()
    return Row(
        "sign-in: calls to the identity provider",
        str(ours.total()),
        str(theirs.total()),
        f"{ours.total() / theirs.total():.2f}×",
        f"counted there, keys warm: {', '.join(ours)} against {', '.join(theirs)}; "
        "peer: mozilla-django-oidc unmodified, its defaults with RS256",
    )


def _wall(site: Site, peer: Site, delay: float) -> Row:
    site.cognito.delay = delay
    taken = in_turns(site.must_sign_in, peer.must_sign_in, ROUNDS)
    site.cognito.delay = 0
    return Row(
        f"sign-in: wall time, provider {1000 * delay:.0f} ms away",
        milliseconds(taken.ours),
        milliseconds(taken.peer),
        taken.ratio,
        f"{ROUNDS} in turns, median (quartiles)",
    )


def _cpu(site: Site, peer: Site, used: tuple[float, float]) -> Row:
    """Of all the sign-ins whose wall time was taken."""
    sign_ins = 2 * (ROUNDS + 1)
    ours, theirs = site.cpu_seconds() - used[0], peer.cpu_seconds() - used[1]
    return Row(
        "sign-in: CPU of the site",
        f"{1000 * ours / sign_ins:.1f} ms",
        f"{1000 * theirs / sign_ins:.1f} ms",
        f"{ours / theirs:.2f}×",
        f"mean of the {sign_ins} above; ours also seals the tokens and brings the groups up to date",
    )


def _verified(site: Site, peer: Site) -> list[Row]:
    rows = [
        Row(
            f"sign-in: {what}",
            _outcome(site, forge),
            _outcome(peer, forge),
            how="tried: the token endpoint’s answer, wrong in this alone",
        )
        for what, forge in forgeries(site.cognito).items()
    ]
    pkce, peers_pkce = ("yes" if one.proves_possession() else "no" for one in (site, peer))
    return [*rows, Row("sign-in: PKCE (S256)", pkce, peers_pkce, how="seen at the provider")]


def _outcome(site: Site, forge: Forge) -> str:
    answer = site.sign_in(forge)
    if answer.headers.get("Location") == SIGNED_IN:
        return "accepted"
    return f"refused ({answer.status_code})"
