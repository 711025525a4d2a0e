"""A signed-in page of the site to try the uploader's modules in, one by one.

In the page: `at("plan")` imports static/upload/plan.js; `fileOf(size, name)` is a file whose every MiB
differs, so that no two parts are alike; `send(transfer)` runs one and tells what came of it.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Request

from tests.browser.conftest import Complaints, Visit
from tests.browser.upload.lab import desk as desk
from tests.browser.upload.lab import lab as lab

MIB = 1024 * 1024

TOOLS = """() => {
    globalThis.at = (name) => import(`/static/upload/${name}.js`);
    globalThis.fileOf = (size, name = "file.bin", seed = 0) => {
        const bytes = new Uint8Array(size);
        for (let start = 0; start < size; start += 1024 * 1024)
            bytes.fill((start / (1024 * 1024) + seed) % 251, start, start + 1024 * 1024);
        const type = "application/octet-stream";
        return new File([bytes], name, { type, lastModified: 1700000000000 });
    };
    globalThis.never = new AbortController().signal;
    globalThis.hooksOf = (told = []) => ({
        onProgress: () => {},
        onFinishing: () => told.push("finishing"),
        onOffline: (offline) => told.push(offline ? "offline" : "online"),
        onStalled: (stalled) => told.push(stalled ? "stalled" : "moving"),
    });
    globalThis.kindOf = (promise) => promise.then(
        (value) => ({ value }),
        ({ message, status, final, gone, changed, signIn, name }) =>
            ({ message, status, final, gone, changed, signIn, name }));
    globalThis.send = async (transfer, signal = never) => {
        const told = [];
        const { value, ...failure } = await kindOf(transfer.run(signal, hooksOf(told)));
        const { proof, sent, bytesSent, id } = transfer;
        return { stored: value, failure, told, proof, sent, bytesSent, id };
    };
}"""


@pytest.fixture
def bench(visit: Visit) -> Page:
    """A page of bob's without an uploader of its own."""
    page = visit("/account/", "bob@example.com")
    page.evaluate(TOOLS)
    return page


def content(size: int, seed: int = 0) -> bytes:
    """What fileOf() holds."""
    made = b"".join(
        bytes([(number + seed) % 251]) * min(MIB, size - number * MIB)
        for number in range(-(-size // MIB))
    )
    assert len(made) == size
    return made


def digest(size: int, seed: int = 0) -> bytes:
    return hashlib.sha256(content(size, seed)).digest()


class Calls:
    """What a page asks of the site's API."""

    def __init__(self, page: Page) -> None:
        self.made: list[Request] = []
        page.on("request", lambda one: self.made.append(one) if "/api/v1/" in one.url else None)

    @property
    def names(self) -> list[str]:
        """In order: the method, and the last word of the address."""
        return [f"{one.method} {urlsplit(one.url).path.rpartition('/')[2]}" for one in self.made]

    def asked(self, name: str) -> list[dict[str, list[str]]]:
        """The queries of the calls of this name."""
        pairs = zip(self.names, self.made, strict=True)
        return [parse_qs(urlsplit(one.url).query) for called, one in pairs if called == name]


@pytest.fixture
def calls(bench: Page) -> Calls:
    return Calls(bench)


@pytest.fixture
def forgiving(complaints: Complaints) -> None:
    """Chromium itself logs every failed request."""
    complaints.forgive("Failed to load resource|has been blocked by CORS|ERR_")


@pytest.fixture
def picked(bench: Page) -> Callable[[Path], None]:
    """picked(path): lets the page have this file of the disk, as `pickedFile`."""

    def pick(path: Path) -> None:
        bench.evaluate(
            """() => {
                document.querySelector("#bench-pick")?.remove();
                const input = document.createElement("input");
                Object.assign(input, { type: "file", id: "bench-pick" });
                document.body.append(input);
            }"""
        )
        bench.set_input_files("#bench-pick", path)
        bench.evaluate("globalThis.pickedFile = document.querySelector('#bench-pick').files[0]")

    return pick
