"""A browser's part of an upload, in a process of its own: `python -m bench.sender`, told on stdin.

{"how": "api" or "form", "site": url, "cookies": {…}, "size": bytes, "name": "…"}; writes the seconds it
took. The bytes are made as they are sent, the same ones each time: part n is zeros after its number.
"""

import base64
import hashlib
import http.client
import json
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import requests

# As static/upload/plan.js and climb.js have them, on a line of which nothing is known yet.
MIB = 1024 * 1024
LEAST_PART, SHARES, MOST_UNKNOWN = 5 * MIB, 60, 72 * MIB
WINDOW = 8
PARTS_AT_ONCE = 6

BOUNDARY = "bench-boundary"


def part_size(size: int) -> int:
    """Bytes of every part but the last."""
    wished = max(LEAST_PART, min(size // SHARES, MOST_UNKNOWN))
    return -(-wished // MIB) * MIB


def main() -> None:
    asked = json.load(sys.stdin)
    send: Callable[[dict[str, Any]], None] = {"api": by_api, "form": by_form}[asked.pop("how")]
    started = time.perf_counter()
    send(asked)
    print(time.perf_counter() - started)


def by_api(asked: dict[str, Any]) -> None:
    """Windows of parts with their hashes, the next one signed while one is sent; then complete."""
    size, part_bytes = asked["size"], part_size(asked["size"])
    last = max(1, -(-size // part_bytes))
    with requests.Session() as site, requests.Session() as s3, ThreadPoolExecutor(PARTS_AT_ONCE) as pool:
        site.cookies.update(asked["cookies"])
        site.headers["X-CSRFToken"] = asked["cookies"]["csrftoken"]
        url = f"{asked['site']}/api/v1/uploads"
        body = {"path": asked["name"], "size": size, "on_conflict": "rename"}
        more = {"part_size": part_bytes, "part_sha256": _hashes(1, size)}
        upload = _json(site.post(url, json=body | more, timeout=60))
        parts, sent = upload["parts"], list[Future[None]]()
        while parts:
            sent += [pool.submit(_put, s3, part, size) for part in parts]
            following = parts[-1]["number"] + 1
            query = {"from": following, "sha256": _hashes(following, size), "fresh": "true"}
            parts = []
            if following <= last:
                parts = _json(site.get(f"{url}/{upload['id']}/parts", params=query, timeout=60))["parts"]
        for part in sent:
            part.result()
        kept = _json(site.post(f"{url}/{upload['id']}/complete", json={}, timeout=600))
    if kept["size"] != size:
        raise RuntimeError(f"kept {kept['size']} bytes")


def by_form(asked: dict[str, Any]) -> None:
    """The form without JavaScript: one multipart/form-data body, through the site."""
    token, name = asked["cookies"]["csrftoken"], asked["name"]
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n{token}\r\n'
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
    foot = f"\r\n--{BOUNDARY}--\r\n".encode()
    headers = {
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
        "Content-Length": str(len(head) + asked["size"] + len(foot)),
        "Cookie": "; ".join(f"{key}={value}" for key, value in asked["cookies"].items()),
    }

    def body() -> Iterator[bytes]:
        yield head
        for number in range(1, -(-asked["size"] // part_size(asked["size"])) + 1):
            yield _part(number, asked["size"])
        yield foot

    connection = http.client.HTTPConnection(urlsplit(asked["site"]).netloc, timeout=600)
    connection.request("POST", "/files/upload/", body(), headers)
    answer = connection.getresponse()
    if answer.status != http.client.FOUND:
        raise RuntimeError(f"the form was refused: {answer.status}")
    connection.close()


def _part(number: int, size: int) -> bytes:
    whole = part_size(size)
    here = min(whole, size - (number - 1) * whole)
    return (number.to_bytes(8, "big") + bytes(max(0, here - 8)))[:here]


def _hashes(first: int, size: int) -> list[str]:
    last = min(first + WINDOW - 1, max(1, -(-size // part_size(size))))
    digests = [hashlib.sha256(_part(number, size)).digest() for number in range(first, last + 1)]
    return [base64.b64encode(digest).decode() for digest in digests]


def _put(s3: requests.Session, part: dict[str, Any], size: int) -> None:
    content = _part(part["number"], size)
    s3.put(part["url"], data=content, headers=part["headers"], timeout=600).raise_for_status()


def _json(answer: requests.Response) -> Any:
    if not answer.ok:
        raise RuntimeError(f"{answer.status_code}: {answer.text[:500]}")
    return answer.json()


if __name__ == "__main__":
    main()
