"""What can go wrong at AWS, in the site's own words.

Each module at an edge (accounts.cognito, accounts.credentials, files.storage) raises these instead
of its vendor's errors; config.errors alone turns them into pages and problem documents. Texts are
for people: no vendor message, token, URL or key ever goes into one.
"""


class Fault(Exception):
    """A failure to tell the person about.

    status: the HTTP status of the answer; title: a few words; detail: what it means and what to do;
    retry_after: seconds after which trying again makes sense, None when it does not; errors: what is
    wrong with which field of the request, when that is the failure.
    """

    status = 502
    title = "AWS answered with an error"
    detail = "Something failed at AWS. Nothing was lost; please try again."
    retry_after: int | None = 5

    def __init__(self, detail: str | None = None, *, errors: dict[str, str] | None = None) -> None:
        if detail is not None:
            self.detail = detail
        self.errors = errors or {}
        super().__init__(self.detail)


class Unavailable(Fault):
    """AWS did not answer, or asked for patience."""

    status = 503
    title = "AWS is not answering"
    detail = "A service that this page needs is not answering. Nothing was lost; please try again."


class Refused(Fault):
    """AWS refuses what the person asked for; trying again does not help."""

    status = 403
    title = "Not permitted"
    detail = "Your account is not permitted to do this."
    retry_after = None


class NothingHere(Fault):
    """Not there, or somebody else's: nobody learns which."""

    status = 404
    title = "Not Found"
    detail = "There is nothing here, or nothing of yours."
    retry_after = None


class SignInAgain(Fault):
    """The person's sign-in has ended."""

    status = 401
    title = "Please sign in again"
    detail = "Your sign-in has ended. Sign in again to go on; nothing was lost."
    retry_after = None
