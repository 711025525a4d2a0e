"""Objects and multipart uploads of a stand-in for S3: sizes, ETags and hashes, never content.

ETags are serial numbers and hashes are what the sender said: nothing is verified here, and signatures
neither. What S3 refuses, SeaweedFS and the emulator refuse in the tests; this one only counts.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
"""

import base64
import hashlib
import re
from bisect import bisect_right, insort
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import unquote
from xml.sax.saxutils import escape

PAGE = 1000
XML = '<?xml version="1.0" encoding="UTF-8"?>'
NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
WHEN = "2026-01-01T00:00:00.000Z"

Query = dict[str, str]


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Stored:
    size: int
    etag: str
    sha256: str


@dataclass
class Multipart:
    key: str
    parts: dict[int, Stored] = field(default_factory=dict)


NOT_FOUND = Answer(404, f"{XML}<Error><Code>NoSuchKey</Code></Error>")
OVER = Answer(404, f"{XML}<Error><Code>NoSuchUpload</Code></Error>")


class Store:
    """One bucket's worth of answers, whatever the bucket is called."""

    def __init__(self) -> None:
        self.objects: dict[str, Stored] = {}
        self._keys: list[str] = []  # in order, for listings
        self._uploads: dict[str, Multipart] = {}
        self._numbers = count(1)

    def put(self, path: str, query: Query, size: int, sha256: str) -> Answer:
        """PutObject or UploadPart, whose body has been read."""
        stored = Stored(size, f'"{next(self._numbers):032x}"', sha256)
        if "uploadId" not in query:
            self._keep(key_of(path), stored)
        elif upload := self._uploads.get(query["uploadId"]):
            upload.parts[int(query["partNumber"])] = stored
        else:
            return OVER
        more = {"x-amz-checksum-sha256": sha256} if sha256 else {}
        return Answer(headers={"ETag": stored.etag} | more)

    def other(self, method: str, path: str, query: Query, body: bytes) -> Answer:
        if method == "POST":
            return self._create(path) if "uploads" in query else self._complete(query, body)
        if method == "DELETE":
            return self._delete(path, query)
        if method == "HEAD":
            return self._head(path)
        if "uploadId" in query:
            return self._list_parts(query)
        return self._list(query) if "list-type" in query else NOT_FOUND

    def _keep(self, key: str, stored: Stored) -> None:
        if key not in self.objects:
            insort(self._keys, key)
        self.objects[key] = stored

    def _create(self, path: str) -> Answer:
        name = f"upload-{next(self._numbers)}"
        self._uploads[name] = Multipart(key_of(path))
        key = escape(key_of(path))
        return _xml(
            "InitiateMultipartUploadResult",
            f"<Bucket>b</Bucket><Key>{key}</Key><UploadId>{name}</UploadId>",
        )

    def _complete(self, query: Query, body: bytes) -> Answer:
        upload = self._uploads.pop(query.get("uploadId", ""), None)
        if not upload:
            return OVER
        numbers = [int(one) for one in re.findall(rb"<PartNumber>(\d+)</PartNumber>", body)]
        if missing := set(numbers) - set(upload.parts):
            return Answer(400, f"{XML}<Error><Code>InvalidPart</Code>{sorted(missing)}</Error>")
        parts = [upload.parts[number] for number in numbers]
        etag = f'"{next(self._numbers):032x}-{len(parts)}"'
        stored = Stored(sum(part.size for part in parts), etag, _composite(parts))
        self._keep(upload.key, stored)
        told = f"<ETag>{etag}</ETag><Key>{escape(upload.key)}</Key><Location>/</Location>"
        more = f"<ChecksumSHA256>{stored.sha256}</ChecksumSHA256>" if stored.sha256 else ""
        return _xml("CompleteMultipartUploadResult", told + more)

    def _delete(self, path: str, query: Query) -> Answer:
        if "uploadId" in query:
            return Answer(204) if self._uploads.pop(query["uploadId"], None) else OVER
        key = key_of(path)
        if self.objects.pop(key, None):
            self._keys.remove(key)
        return Answer(204)

    def _head(self, path: str) -> Answer:
        if not key_of(path):
            return Answer()  # of the bucket
        stored = self.objects.get(key_of(path))
        if not stored:
            return Answer(404)
        more = {"x-amz-checksum-sha256": stored.sha256} if stored.sha256 else {}
        return Answer(headers={"ETag": stored.etag, "Content-Length": str(stored.size)} | more)

    def _list_parts(self, query: Query) -> Answer:
        upload = self._uploads.get(query["uploadId"])
        if not upload:
            return OVER
        after, most = int(query.get("part-number-marker", 0)), int(query.get("max-parts", PAGE))
        numbers = [number for number in sorted(upload.parts) if number > after]
        shown = numbers[: min(most, PAGE)]
        parts = "".join(_part(number, upload.parts[number]) for number in shown)
        more = str(len(shown) < len(numbers)).lower()
        last = shown[-1] if shown else after
        about = f"<IsTruncated>{more}</IsTruncated><NextPartNumberMarker>{last}</NextPartNumberMarker>"
        return _xml("ListPartsResult", about + parts)

    def _list(self, query: Query) -> Answer:
        prefix = query.get("prefix", "")
        after = max(query.get("start-after", ""), query.get("continuation-token", ""))
        most = min(int(query.get("max-keys", PAGE)), PAGE)
        first = bisect_right(self._keys, after)
        found = [key for key in self._keys[first:] if key.startswith(prefix)]
        entries = "".join(_entry(key, self.objects[key]) for key in found[:most])
        shown = found[:most]
        about = f"<KeyCount>{len(shown)}</KeyCount>"
        if len(found) > most and shown:
            about += f"<NextContinuationToken>{escape(shown[-1])}</NextContinuationToken>"
        about += f"<IsTruncated>{str(len(found) > len(shown)).lower()}</IsTruncated>"
        return _xml("ListBucketResult", about + entries)


def key_of(path: str) -> str:
    """Path style: the first component is the bucket."""
    return unquote(path).lstrip("/").partition("/")[2]


def _composite(parts: list[Stored]) -> str:
    if not parts or not all(part.sha256 for part in parts):
        return ""
    digests = b"".join(base64.b64decode(part.sha256) for part in parts)
    return f"{base64.b64encode(hashlib.sha256(digests).digest()).decode()}-{len(parts)}"


def _part(number: int, part: Stored) -> str:
    sha256 = f"<ChecksumSHA256>{part.sha256}</ChecksumSHA256>" if part.sha256 else ""
    about = f"<ETag>{part.etag}</ETag><Size>{part.size}</Size><LastModified>{WHEN}</LastModified>"
    return f"<Part><PartNumber>{number}</PartNumber>{about}{sha256}</Part>"


def _entry(key: str, stored: Stored) -> str:
    about = f"<ETag>{stored.etag}</ETag><Size>{stored.size}</Size><LastModified>{WHEN}</LastModified>"
    if stored.sha256:
        about += "<ChecksumAlgorithm>SHA256</ChecksumAlgorithm>"
    return f"<Contents><Key>{escape(key)}</Key>{about}</Contents>"


def _xml(name: str, inside: str) -> Answer:
    headers = {"Content-Type": "application/xml"}
    return Answer(200, f'{XML}<{name} xmlns="{NAMESPACE}">{inside}</{name}>', headers)
