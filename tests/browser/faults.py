"""What can become of a request to S3, and when: the script that tests.browser.faulty_s3 plays by."""

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum
from threading import Condition, Event
from urllib.parse import parse_qs, urlsplit

PATIENCE = 20  # seconds that a test waits for a request, or a held request for the test
ALWAYS = 1_000_000


class Op(Enum):
    """What is asked of S3: the operations that uploads are made of."""

    CREATE = "CreateMultipartUpload"
    PART = "UploadPart"
    PUT = "PutObject"
    PARTS = "ListParts"
    COMPLETE = "CompleteMultipartUpload"
    ABORT = "AbortMultipartUpload"
    HEAD = "HeadObject"
    LIST = "ListObjectsV2"
    DELETE = "DeleteObject"
    DISCARD = "DeleteObjects"
    OTHER = "anything else"

    @classmethod
    def of(cls, method: str, url: str) -> "Op":
        query = parse_qs(urlsplit(url).query, keep_blank_values=True)
        named = ("uploads", "uploadId", "list-type", "delete")
        subresource = next((name for name in named if name in query), "")
        return _OPERATIONS.get((method, subresource), cls.OTHER)


_OPERATIONS = {
    ("POST", "uploads"): Op.CREATE,
    ("PUT", "uploadId"): Op.PART,
    ("PUT", ""): Op.PUT,
    ("GET", "uploadId"): Op.PARTS,
    ("POST", "uploadId"): Op.COMPLETE,
    ("DELETE", "uploadId"): Op.ABORT,
    ("HEAD", ""): Op.HEAD,
    ("GET", "list-type"): Op.LIST,
    ("DELETE", ""): Op.DELETE,
    ("POST", "delete"): Op.DISCARD,
}


@dataclass(frozen=True)
class Refusal:
    """S3 hears nothing; the client gets this error."""

    status: int
    code: str


class Trouble(Enum):
    """What else can become of a request."""

    RESET = "the connection is reset before S3 hears of it"
    TORN = "S3 gets half of the body, then both connections are reset"
    LOST = "S3 does it; the connection is reset before the answer"
    CUT = "S3 does it; the answer ends in the middle"
    HELD = "it waits until the test lets it go, then S3 does it"
    LATE = "S3 does it; the answer waits until the test lets it go"


Fault = Refusal | Trouble


@dataclass
class Call:
    """A request that has come in; never its body.

    size: bytes of it that came; status: as answered; host: as the client calls it.
    """

    op: Op
    part: int
    size: int = 0
    status: int = 0
    host: str = ""


@dataclass
class Rule:
    """Whatever matches meets the fault, `times` times after letting `after` of them through."""

    op: Op
    fault: Fault
    part: int = 0  # any
    after: int = 0
    times: int = ALWAYS
    met: int = 0
    changed: Condition = field(default_factory=Condition)
    gate: Event = field(default_factory=Event)
    dropped: bool = False

    def take(self, call: Call) -> bool:
        """Whether this call meets the fault."""
        if call.op is not self.op or self.part not in {0, call.part}:
            return False
        with self.changed:
            self.after -= 1
            if self.after >= 0 or self.met >= self.times:
                return False
            self.met += 1
            self.changed.notify_all()
        return True

    def wait(self, times: int = 1) -> None:
        """Until so many requests have met the fault."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.met >= times, PATIENCE), f"{self.op} did not come"

    def let_go(self) -> None:
        self.gate.set()

    def drop(self) -> None:
        """What is held never comes to S3, though all of it may lie in buffers: its sender is no more."""
        self.dropped = True
        self.let_go()


@dataclass
class FaultyS3:
    url: str
    target: str  # host:port of the real one
    origin: str  # whom the bucket's CORS rules allow
    rules: list[Rule] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    answered: Condition = field(default_factory=Condition)

    @property
    def second_url(self) -> str:
        """By its other host name."""
        return self.url.replace("localhost", "127.0.0.1")

    def will(self, op: Op, fault: Fault, *, part: int = 0, after: int = 0, times: int = ALWAYS) -> Rule:
        """From now on. part: 0 for any; after: how many are let through first."""
        self.rules.append(Rule(op, fault, part, after, times))
        return self.rules[-1]

    def behave(self) -> None:
        """No faults from now on; what was held goes on."""
        held, self.rules = self.rules, []
        for rule in held:
            rule.times = 0
            rule.let_go()

    def forget(self) -> None:
        self.behave()
        self.calls.clear()

    def count(self, op: Op) -> int:
        return sum(call.op is op for call in self.calls)

    def done(self, call: Call, status: int) -> None:
        with self.answered:
            call.status = status
            self.answered.notify_all()

    def wait_for_parts(self, number: int) -> None:
        """Until S3 has taken so many."""
        with self.answered:
            arrived = self.answered.wait_for(lambda: len(self.parts_taken) >= number, PATIENCE)
        assert arrived, f"{number} parts did not come"

    @property
    def parts_taken(self) -> "Counter[int]":
        """How often S3 has taken each part."""
        return Counter(call.part for call in self.calls if call.op is Op.PART and call.status == 200)

    @property
    def hosts(self) -> "Counter[str]":
        """How many bodies S3 has taken by each of its names."""
        taken = (call for call in self.calls if call.op in {Op.PART, Op.PUT} and call.status == 200)
        return Counter(call.host.partition(":")[0] for call in taken)

    @property
    def bytes_sent(self) -> int:
        """By browsers, failed tries included."""
        return sum(call.size for call in self.calls if call.op in {Op.PART, Op.PUT})

    def fault_for(self, call: Call) -> Rule | None:
        return next((rule for rule in list(self.rules) if rule.take(call)), None)
