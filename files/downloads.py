"""The way to a file's content: a redirect to S3, which speaks Range and costs this site nothing."""

from django.http import HttpResponseRedirect

from accounts.credentials import Credentials
from files.faults import Malformed
from files.models import File
from files.storage import Prefix

DISPOSITIONS = ("attachment", "inline")


def redirect(*, file: File, credentials: Credentials, disposition: str) -> HttpResponseRedirect:
    """To a presigned GET, which no cache may keep: whoever has it can read the file for an hour."""
    if disposition not in DISPOSITIONS:
        raise Malformed.of("disposition", "This is either attachment or inline.")
    with Prefix(credentials) as prefix:
        url = prefix.sign_get(
            file.key, name=file.name, content_type=file.content_type, inline=disposition == "inline"
        )
    return HttpResponseRedirect(
        url, headers={"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    )
