"""Presigned URLs, without boto3: Signature Version 4 in the query string.

The same URLs, byte for byte, as boto3's generate_presigned_url makes (a test compares them), at a
twentieth of its cost: what does not change from one URL to the next is computed once.
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import SplitResult, quote, urlsplit

from accounts.credentials import Credentials

ALGORITHM = "AWS4-HMAC-SHA256"
DEFAULT_PORTS = {"http": 80, "https": 443}
NOTHING: Mapping[str, str] = {}


class Signer:
    """Signs for one person, one bucket and one region. It holds credentials: never shared, never kept.

    bucket_url: where the bucket's keys begin, with a slash at the end.
    """

    def __init__(self, credentials: Credentials, *, region: str, bucket_url: str) -> None:
        url = urlsplit(bucket_url)
        self._root, self._bucket_path, self._host = f"{url.scheme}://{url.netloc}", url.path, _host(url)
        self._region = region
        self._access_key, self._secret_key = credentials.access_key, credentials.secret_key
        self._token = quote(credentials.session_token, safe="")
        self._day, self._scope, self._credential, self._signing_key = "", "", "", b""
        self._key, self._path = "", ""

    def __reduce__(self) -> str:
        raise TypeError("a signer holds credentials: it is not pickled")

    def presign(
        self,
        method: str,
        key: str,
        *,
        now: datetime,
        life: int,
        query: Mapping[str, str] = NOTHING,
        headers: Mapping[str, str] = NOTHING,
    ) -> str:
        """The URL for one request, good for `life` seconds from `now` (UTC).

        headers: to be sent exactly so, by lower-case names; Host is signed beside them.
        """
        time = now.strftime("%Y%m%dT%H%M%SZ")
        self._turn_to(time[:8], key)
        signed = {**headers, "host": self._host}
        first = (
            f"X-Amz-Algorithm={ALGORITHM}&X-Amz-Credential={self._credential}"
            f"&X-Amz-Date={time}&X-Amz-Expires={life}"
        )
        token = f"&X-Amz-Security-Token={self._token}"
        last = f"&X-Amz-SignedHeaders={'%3B'.join(sorted(signed))}"
        pairs = [f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in query.items()]
        # What is signed is in the order of the alphabet; in the URL, boto3 puts the token last.
        in_order = "&".join((first + token + last, *sorted(pairs)))
        signature = self._signature(time, _canonical(method, self._path, in_order, signed))
        asked = "&".join((*pairs, first))
        return f"{self._root}{self._path}?{asked}{last}{token}&X-Amz-Signature={signature}"

    def _signature(self, time: str, canonical: str) -> str:
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        return _hmac(self._signing_key, f"{ALGORITHM}\n{time}\n{self._scope}\n{digest}").hex()

    def _turn_to(self, day: str, key: str) -> None:
        """What holds for a whole day, and for all parts of an object, is computed when it changes."""
        if key != self._key:
            self._key, self._path = key, self._bucket_path + quote(key, safe="/~")
        if day == self._day:
            return
        self._day, self._scope = day, f"{day}/{self._region}/s3/aws4_request"
        self._credential = quote(f"{self._access_key}/{self._scope}", safe="")
        self._signing_key = f"AWS4{self._secret_key}".encode()
        for step in self._scope.split("/"):
            self._signing_key = _hmac(self._signing_key, step)


def _canonical(method: str, path: str, query: str, headers: Mapping[str, str]) -> str:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html"""
    names = sorted(headers)
    lines = (f"{name}:{' '.join(headers[name].split())}" for name in names)
    return "\n".join((method, path, query, *lines, "", ";".join(names), "UNSIGNED-PAYLOAD"))


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")


def _host(url: SplitResult) -> str:
    """As a client sends it: with the port, unless it is the scheme's own."""
    host = url.netloc.lower()
    return host if url.port != DEFAULT_PORTS[url.scheme] else host.rpartition(":")[0]
