"""/mailbox/: the mails that the simulated Cognito sent, which reach nobody else.

ministack records them where its SES does. Anybody on this machine reads everybody's.
"""

import html
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.responses import Response

from localaws.managed_login import pages

SHOWN = 50
CODE = re.compile(r"(?<![\w-])\d{6,8}(?![\w-])")


@dataclass(frozen=True)
class Mail:
    to: str
    subject: str
    text: str
    code: str  # "" for a mail without one
    sent: datetime


def show(given: dict[str, str]) -> Response:
    """Newest first; `to` is an address, or a part of one."""
    to = given.get("to", "").strip()
    lang = given.get("lang", "")
    return pages.page("mailbox", lang=lang, mails=mails(to), to=to, shown=SHOWN)


def mails(to: str = "") -> list[Mail]:
    from ministack.services import ses

    boxes = [box for (*_, key), box in ses._sent_emails.all_items() if key == "entries"]
    sent = sorted((entry for box in boxes for entry in box), key=lambda entry: -entry["Timestamp"])
    found = (_mail(entry) for entry in sent)
    return [mail for mail in found if to.casefold() in mail.to.casefold()][:SHOWN]


def _mail(entry: dict[str, object]) -> Mail:
    text = str(entry.get("BodyText") or "") or _text(str(entry.get("BodyHtml") or ""))
    code = CODE.search(text)
    recipients = entry.get("To")
    return Mail(
        to=", ".join(recipients) if isinstance(recipients, list) else "",
        subject=str(entry.get("Subject") or entry.get("RenderedSubject") or ""),
        text=text,
        code=code[0] if code else "",
        sent=datetime.fromtimestamp(float(str(entry["Timestamp"])), UTC).astimezone(),
    )


def _text(body: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body)).split())
