"""What all pages share, and what the pool of a request offers on them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from localaws.managed_login import pages
from localaws.managed_login.sessions import Sessions
from localaws.managed_login.transactions import Asked, Transaction, Transactions, bind
from localaws.managed_login.user_pool import UserPool

KINDS = {
    "RequireLowercase": "kind_lowercase",
    "RequireUppercase": "kind_uppercase",
    "RequireNumbers": "kind_number",
    "RequireSymbols": "kind_symbol",
}


@dataclass(frozen=True)
class Desk:
    users: UserPool
    transactions: Transactions
    sessions: Sessions

    def show(self, request: Request, name: str, transaction: Transaction, /, **context: Any) -> Response:
        """A page of this transaction; the browser is bound to it."""
        notice, transaction.notice = transaction.notice, ""
        offers = Offers.of(transaction.asked)
        context = {"email": transaction.email, "offers": offers, "notice": notice, **context}
        answer = pages.page(name, transaction, **context)
        bind(answer, request, transaction)
        return answer

    def go(self, request: Request, path: str, transaction: Transaction) -> Response:
        """On to the next page, so that reloading it sends no form again."""
        answer = RedirectResponse(f"{path}?transaction={transaction.id}", 303)
        bind(answer, request, transaction)
        return answer

    def gone(self, request: Request, given: "Given") -> Response:
        """For a transaction that has ended, or is another browser's: a form sent twice, an old page.

        One that has ended just now gives the same answer again, with the same code.
        """
        if again := self.transactions.answer_again(request, given.get("transaction", "")):
            return again
        asked = self.transactions.asked_in(request, given.get("transaction", ""))
        home = Offers.of(asked).home if asked.client_id else ""
        lang = asked.lang or given.get("lang", "")
        return pages.page("problem", lang=lang, status=400, why="gone", home=home)


Given = dict[str, str]  # what the query or the form says
Handler = Callable[[Desk, Request, Given], Response]
Step = Callable[[Desk, Request, Transaction, Given], Response]


def in_transaction(step: Step) -> Handler:
    """The step, for a browser that names a transaction of its own; the page `gone` for all others."""

    @wraps(step)
    def handler(desk: Desk, request: Request, given: Given) -> Response:
        transaction = desk.transactions.find(request, given.get("transaction", ""))
        return step(desk, request, transaction, given) if transaction else desk.gone(request, given)

    return handler


@dataclass(frozen=True)
class Offers:
    """What the pool and its app client let people do, and the pool's rules for passwords."""

    sign_up: bool
    email_code: bool
    minimum: int
    kinds: tuple[str, ...]  # keys of sentences
    home: str  # the site, by its registered addresses

    @classmethod
    def of(cls, asked: Asked) -> "Offers":
        from ministack.services import cognito

        from localaws.extensions import choice_based

        _, pool, client = cognito._find_pool_by_client_id(asked.client_id)
        pool, client = pool or {}, client or {}  # deleted since
        by_admin = (pool.get("AdminCreateUserConfig") or {}).get("AllowAdminCreateUserOnly")
        policy = (pool.get("Policies") or {}).get("PasswordPolicy") or {}
        choice = "ALLOW_USER_AUTH" in (client.get("ExplicitAuthFlows") or [])
        return cls(
            sign_up=str(by_admin).lower() != "true",
            email_code=choice and "EMAIL_OTP" in choice_based.factors(pool, None),
            minimum=int(policy.get("MinimumLength") or 8),
            kinds=tuple(key for name, key in KINDS.items() if str(policy.get(name)).lower() == "true"),
            home=next(iter(client.get("LogoutURLs") or []), ""),
        )
