"""What can be wrong with a request about files; accounts.faults has what can go wrong at AWS."""

from accounts.faults import Fault, Unavailable


class Malformed(Fault):
    """A field of the request cannot be used; `errors` names it."""

    status = 422
    title = "Some of this cannot be used"
    detail = "Some of what you sent cannot be used."
    retry_after = None

    @classmethod
    def of(cls, field: str, complaint: str) -> "Malformed":
        return cls(complaint, errors={field: complaint})


class TooLarge(Fault):
    status = 413
    title = "This file is too large"
    detail = "S3 keeps files of up to 48.8 TiB."
    retry_after = None


class Conflict(Fault):
    """The request made sense, but not with what is there now."""

    status = 409
    title = "This does not fit what is there"
    detail = "Something else has changed meanwhile. Reload, and try again."
    retry_after = None


class NameTaken(Conflict):
    title = "There is a file of this name"
    detail = "There is a file of this name in this folder. Choose another name."

    @classmethod
    def at(cls, path: str) -> "NameTaken":
        detail = f"There is a file “{path}” already. Choose another name."
        return cls(detail, errors={"path": detail})


class NotAllDeleted(Unavailable):
    title = "Your files are not all deleted yet"
    detail = (
        "Some of your files are still here, others may be gone already. To go on with the rest, "
        "press the button once more."
    )
