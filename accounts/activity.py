"""What lately happened to somebody's account, as the person reads it."""

import re
from dataclasses import dataclass
from datetime import datetime

from accounts.models import AuditEvent, User

SHOWN = 20

# The first that fits: Edge and Opera call themselves Chrome as well, and Chrome calls itself Safari.
_BROWSERS = {
    "Edge": r"\bEdgA?/|\bEdgiOS/",
    "Opera": r"\bOPR/",
    "Firefox": r"\bFirefox/|\bFxiOS/",
    "Samsung Internet": r"\bSamsungBrowser/",
    "Chrome": r"\bChrome/|\bChromium/|\bHeadlessChrome/|\bCriOS/",
    "Safari": r"\bSafari/",
}
_SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "ChromeOS": r"\bCrOS\b",
    "macOS": "Mac OS X|Macintosh",
    "Linux": "Linux|X11",
}


@dataclass(frozen=True)
class Happening:
    """One line of the list; more, where and browser may be empty."""

    at: datetime
    what: str
    more: str
    where: str
    browser: str


def recent(user: User) -> list[Happening]:
    """The newest first. One query."""
    return [_happening(event) for event in AuditEvent.objects.about(user)[:SHOWN]]


def _happening(event: AuditEvent) -> Happening:
    """Where an administrator was who did it is theirs to know, and who it was the audit log's."""
    own = "by" not in event.detail
    return Happening(
        at=event.at,
        what=event.get_kind_display(),
        more=_details(event.detail) if own else "by an administrator",
        where=(event.address or "") if own else "",
        browser=browser_of(event.browser) if own else "",
    )


def browser_of(user_agent: str) -> str:
    """ "Firefox on Linux"; what nobody knows by name is "another program", and nothing is "".

    Browsers say of themselves what they like: this is to jog a memory, not to prove anything.
    """
    name = next((one for one, says in _BROWSERS.items() if re.search(says, user_agent)), "")
    system = next((one for one, says in _SYSTEMS.items() if re.search(says, user_agent)), "")
    if not name:
        return "another program" if user_agent else ""
    return f"{name} on {system}" if system else name


# What audit.record calls in one word, and people would not; "" goes without a name.
_NAMES = {
    "reason": "",
    "attributes": "",
    "staff": "opens the administration:",
    "superuser": "all rights in it:",
}


def _details(detail: dict[str, object]) -> str:
    """The event's names of groups, attributes and reasons: “added members; removed viewers”."""
    told = []
    for name, value in detail.items():
        words = ", ".join(map(str, value)) if isinstance(value, list) else _word(value)
        if words:
            told.append(f"{_NAMES.get(name, _word(name))} {words}".strip())
    return "; ".join(told)


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).replace("_", " ")
