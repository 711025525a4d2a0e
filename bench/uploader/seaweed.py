"""SeaweedFS instead of the sink: what arrives through the page is what was on the disk, byte for byte.

A real object store on loopback, without identities: it takes anybody's requests, so it proves what is
stored, not who may. Its ListParts (4.48) does not tell the parts' checksums, and an upload that has some
is not completed without naming them: so the large file comes from a browser that cannot hash. Files that
are one PUT go with their hashes, which it checks.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import boto3
import requests
from botocore.config import Config
from playwright.async_api import Page

from bench.site import serve
from bench.table import Row
from bench.uploader import installing
from bench.uploader.browsing import Place
from bench.uploader.contenders import Arena
from bench.uploader.jobs import Job
from bench.uploader.matrix import amount
from bench.uploader.profiles import MIB, OPEN
from bench.uploader.wires import Wire
from tests.stack import STACK, free_port

SIZE, SMALL_FILES = 200 * MIB, 200
# As on an origin that is neither https nor localhost.
NO_HASHES = "delete Crypto.prototype.subtle"
START_SECONDS = 60


async def run(arena: Arena) -> list[Row]:
    try:
        weed = installing.python("seaweedfs") / "weed"
    except installing.Missing as missing:
        return [Row("SeaweedFS", f"not installed here: {missing}")]
    folder = arena.folder / "seaweedfs"
    with seaweedfs(weed, folder) as url:
        return [
            await _large(arena, url, reload=False),
            await _large(arena, url, reload=True),
            await _small(arena, url),
        ]


@contextmanager
def seaweedfs(weed: Path, folder: Path) -> Iterator[str]:
    """Its S3's address, with the site's bucket in it and a CORS rule like that of infra/stack.yaml."""
    folder.mkdir()
    port, log = free_port(), folder / "log"
    ports = [f"-{name}.port={free_port()}" for name in ("master", "volume", "filer")]
    grpc = [f"-{name}.port.grpc={free_port()}" for name in ("master", "volume", "filer", "s3")]
    command = [str(weed), "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3"]
    command += [f"-s3.port={port}", *ports, *grpc, "-volume.max=20", "-master.volumeSizeLimitMB=256"]
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, cwd=folder)
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(url, process, log)
            _make_bucket(url)
            yield url
        finally:
            process.kill()  # its own way of ending takes half a minute; nothing is kept
            process.wait()


def _wait(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.put(f"{url}/probe", timeout=5).ok:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"SeaweedFS did not start:\n{log.read_text()[-2000:]}")


def _client(url: str) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",
        config=Config(s3={"addressing_style": "path"}, signature_version="s3v4"),
    )


def _make_bucket(url: str) -> None:
    s3, bucket = _client(url), STACK.env["FILES_BUCKET"]
    s3.create_bucket(Bucket=bucket)
    rule = {
        "AllowedOrigins": ["*"],
        "AllowedMethods": ["GET", "HEAD", "PUT"],
        "AllowedHeaders": ["*"],
        "ExposeHeaders": ["ETag", "x-amz-checksum-sha256"],
    }
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})


@asynccontextmanager
async def _page(arena: Arena, url: str, job: Job, *, hashes: bool) -> AsyncIterator[Page]:
    """The site's, whose S3 is SeaweedFS."""
    place = {"S3_ENDPOINT_URL": url, "S3_SECOND_ENDPOINT_URL": "off"}
    with serve("config.wsgi", arena.ours.environment | place) as server:
        made = Place(Wire(arena.wires, 0), server, server.url)
        page = await arena.ours.open(arena.browser, made, job)
        if not hashes:
            await page.add_init_script(NO_HASHES)
            await arena.ours.show(page, made, job)
        await page.wait_for_load_state("networkidle")
        yield page
        await page.context.close()
        for line in server.lines('"WARNING"')[-5:]:
            print(line, file=sys.stderr)


async def _large(arena: Arena, url: str, *, reload: bool) -> Row:
    file = arena.folder / "random.bin"
    if not file.exists():
        file.write_bytes(os.urandom(SIZE))
    job = Job(OPEN, [file], SIZE)
    before = set(_keys(url))
    async with _page(arena, url, job, hashes=False) as page:
        await page.locator("#pick").set_input_files(file)
        if reload:
            await _half(page)
            await arena.ours.show(page, None, job)
            await page.locator("#pick").set_input_files(file)
        told = await asyncio.wait_for(page.evaluate("window.bench.over"), 120)
    what = (
        f"SeaweedFS: {amount(SIZE)} of random bytes{', reloaded half-way' if reload else ''}, read back"
    )
    if "failed" in told:
        return Row(what, f"no: {' '.join(told['failed'].split())[:120]}")
    return Row(what, _same(url, before, [file]), "identical", how="peer: what was on the disk")


async def _small(arena: Arena, url: str) -> Row:
    folder = arena.folder / "seaweedfs-small"
    folder.mkdir()
    files = [folder / f"{number}.bin" for number in range(SMALL_FILES)]
    for file in files:
        file.write_bytes(os.urandom(1024))
    job, before = Job(OPEN, files, 1024 * SMALL_FILES), set(_keys(url))
    async with _page(arena, url, job, hashes=True) as page:
        await page.locator("#pick").set_input_files(files)
        told = await asyncio.wait_for(page.evaluate("window.bench.over"), 120)
    what = f"SeaweedFS: {SMALL_FILES} files of 1 KiB in batches, read back"
    if "failed" in told:
        return Row(what, f"no: {' '.join(told['failed'].split())[:120]}")
    return Row(what, _same(url, before, files), "identical", how="peer: what was on the disk")


async def _half(page: Page) -> None:
    half = "[...document.querySelectorAll('.upload progress')].some((bar) => bar.value >= 0.5)"
    while not await page.evaluate(half):
        await asyncio.sleep(0.05)


def _keys(url: str) -> list[str]:
    pages = _client(url).get_paginator("list_objects_v2").paginate(Bucket=STACK.env["FILES_BUCKET"])
    return [one["Key"] for page in pages for one in page.get("Contents", ())]


def _same(url: str, before: set[str], files: list[Path]) -> str:
    """The objects that are new, against the files: as sets, since keys do not tell names."""
    s3, bucket = _client(url), STACK.env["FILES_BUCKET"]
    new = [key for key in _keys(url) if key not in before]
    stored = sorted(s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in new)
    return "identical" if stored == sorted(file.read_bytes() for file in files) else "DIFFERENT"
