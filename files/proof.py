"""How a person proves that S3 holds what is on their disk: a command that computes the SHA-256 again.

S3's own is of the whole file, or, of one that came in parts, of the parts' SHA-256s end to end ("…-N").
https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
"""

import shlex
from dataclasses import dataclass

from files.models import File

# Each line is one argument in double quotes, for any shell, so it has none of: " $ ` ! \\ %
WHOLE = (
    "import base64,hashlib,sys; h=hashlib.sha256(); f=open(sys.argv[1],'rb'); "
    "[h.update(b) for b in iter(lambda: f.read(1048576), b'')]; "
    "print(base64.b64encode(h.digest()).decode())"
)
PARTS = (
    "import base64,hashlib,sys; h=hashlib.sha256(); f=open(sys.argv[1],'rb'); "
    "[h.update(hashlib.sha256(b).digest()) for b in iter(lambda: f.read({size}), b'')]; "
    "print(base64.b64encode(h.digest()).decode())"
)


@dataclass(frozen=True)
class Proof:
    """sha256 is base64, as both commands print it; parts is 0 where it is of the whole file.

    command is for openssl and split (Linux), python for Python 3 (also macOS); both are "" where nobody
    knows how large the parts were.
    """

    sha256: str
    parts: int
    part_size: int
    command: str
    python: str

    @property
    def part_bytes(self) -> str:
        return f"{self.part_size:,}"


def of(file: File) -> Proof | None:
    """None where S3 has no SHA-256 of this file."""
    sha256, _, parts = file.sha256.partition("-")
    if not sha256:
        return None
    size, name = file.part_size or 0, shlex.quote(file.name)
    if not parts:
        command = f"openssl dgst -sha256 -binary < {name} | base64"
        return Proof(sha256, 0, 0, command, f'python3 -c "{WHOLE}" {name}')
    if not size:
        return Proof(sha256, int(parts), 0, "", "")
    # From standard input, so that no name is taken for an option.
    each = f"split -b {size} --filter='openssl dgst -sha256 -binary' < {name}"
    command = f"{each} | openssl dgst -sha256 -binary | base64"
    return Proof(sha256, int(parts), size, command, f'python3 -c "{PARTS.format(size=size)}" {name}')
