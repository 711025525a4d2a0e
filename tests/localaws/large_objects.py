"""What AWS does with large objects, as questions to a stack (see behaviours), and how to make them."""

import base64
import hashlib
import os
from pathlib import Path
from typing import Any

from tests.stack import Stack

MIB = 1024 * 1024
PART = 8 * MIB
LARGE = 24  # parts
FLAT = 96 * MIB  # half of a large object; a few parts on their way take less


class Multipart:
    """An upload of parts that carry their SHA-256, as the site's do."""

    def __init__(self, s3: Any, bucket: str, key: str) -> None:
        self.s3, self.where, self.parts = s3, {"Bucket": bucket, "Key": key}, dict[int, Any]()
        made = s3.create_multipart_upload(**self.where, ChecksumAlgorithm="SHA256")
        self.id = {**self.where, "UploadId": made["UploadId"]}

    def send(self, number: int, body: bytes) -> None:
        sha256 = base64.b64encode(hashlib.sha256(body).digest()).decode()
        answer = self.s3.upload_part(**self.id, PartNumber=number, Body=body, ChecksumSHA256=sha256)
        etag = f'"{hashlib.md5(body).hexdigest()}"'  # noqa: S324 - it is what an ETag is
        assert answer["ETag"] == etag
        self.parts[number] = {"PartNumber": number, "ETag": etag, "ChecksumSHA256": sha256}

    def complete(self) -> dict[str, Any]:
        listed = [self.parts[number] for number in sorted(self.parts)]
        answer: dict[str, Any] = self.s3.complete_multipart_upload(
            **self.id, MultipartUpload={"Parts": listed}
        )
        return answer

    @property
    def etag(self) -> str:
        """Of the object: the MD5 of the parts' MD5s."""
        digests = (bytes.fromhex(part["ETag"].strip('"')) for _, part in sorted(self.parts.items()))
        return f'"{hashlib.md5(b"".join(digests)).hexdigest()}-{len(self.parts)}"'  # noqa: S324

    @property
    def sha256(self) -> str:
        """Of the object: the SHA-256 of the parts' SHA-256s."""
        digests = (base64.b64decode(part["ChecksumSHA256"]) for _, part in sorted(self.parts.items()))
        return (
            f"{base64.b64encode(hashlib.sha256(b''.join(digests)).digest()).decode()}-{len(self.parts)}"
        )


def large(stack: Stack, bucket: str) -> Multipart:
    """An upload with all of its parts."""
    s3 = stack.admin("s3")
    s3.create_bucket(Bucket=bucket)
    upload = Multipart(s3, bucket, "large")
    body = os.urandom(PART)
    for number in range(1, LARGE + 1):
        upload.send(number, number.to_bytes(8, "big") + body[8:])
    return upload


class Memory:
    """How far the emulator's memory grows above what it is now, at its peak (Linux)."""

    def __init__(self, stack: Stack) -> None:
        self._process = Path(f"/proc/{stack.pid}")
        (self._process / "clear_refs").write_text("5")  # the peak starts anew
        self._before = self._field("VmRSS")

    @property
    def grown(self) -> int:
        return self._field("VmHWM") - self._before

    def _field(self, name: str) -> int:
        lines = (self._process / "status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


def parts_on_disk(stack: Stack) -> bool:
    """A large upload that does not fill the memory."""
    memory = Memory(stack)
    large(stack, "many-parts").complete()
    return memory.grown < FLAT


def streamed_objects(stack: Stack) -> bool:
    """A few bytes of a large object, and all of them, that do not fill the memory."""
    upload = large(stack, "much-to-read")
    upload.complete()
    memory = Memory(stack)
    part = upload.s3.get_object(**upload.where, Range=f"bytes={PART}-{PART + 7}")
    assert part["Body"].read() == (2).to_bytes(8, "big")
    whole = upload.s3.get_object(**upload.where)["Body"]
    assert sum(map(len, iter(lambda: whole.read(PART), b""))) == LARGE * PART
    return memory.grown < FLAT


LARGE_OBJECTS = (parts_on_disk, streamed_objects)
