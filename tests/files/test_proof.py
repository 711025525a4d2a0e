"""The page about a file: whose it is, and that the commands on it compute what S3 holds."""

import base64
import html
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from files import proof
from files.models import File
from files.parts import MIB
from tests.conftest import Person
from tests.files.conftest import credentials_of
from tests.files.test_uploads import Sender, sha256
from tests.files.test_views import row, upload

HOSTILE = ["-rf", 'it\'s "$(touch hacked)" `touch hacked`; touch hacked &.bin', "語 %PATH% !!.bin"]


def keep(bob: Person, name: str, content: bytes, part_size: int | None = None) -> File:
    """A file that the page's JavaScript has uploaded."""
    size = part_size or max(len(content), 1)
    hashes = [sha256(content[i : i + size]) for i in range(0, len(content), size)] or [sha256(b"")]
    return Sender(bob.user, credentials_of("bob")).keep(
        name, content, part_size=part_size, hashes=hashes
    )


def commands(page: Any) -> list[str]:
    """What one would copy from the page."""
    return [html.unescape(one) for one in re.findall(r"<pre[^>]*><code>(.*?)</code>", page, re.DOTALL)]


def check(bob: Person, file: File, content: bytes, folder: Path, s3_admin: Any) -> None:
    """Each command of the page, run beside the file, prints the hash that S3 has, and the page shows."""
    head = s3_admin.head_object(Bucket=settings.FILES_BUCKET, Key=file.key, ChecksumMode="ENABLED")
    expected = head["ChecksumSHA256"].partition("-")[0]
    assert len(base64.b64decode(expected)) == 32
    page = bob.get(f"/files/{file.pk}/details/").content.decode()
    assert f"<dd><code>{html.escape(expected)}</code></dd>" in page
    (folder / file.name).write_bytes(content)
    found = commands(page)
    assert len(found) == 2
    for command in found:
        run = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, check=True)
        assert run.stdout.decode().strip() == expected, command
        assert "\n" not in command
    assert {path.name for path in folder.iterdir()} == {file.name}
    (folder / file.name).write_bytes(content + b"!")
    for command in found:
        run = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, check=True)
        assert run.stdout.decode().strip() != expected


@pytest.mark.parametrize("size", [0, 1, 3 * MIB])
def test_of_a_file_in_one_piece(bob: Person, size: int, tmp_path: Path, s3_admin: Any) -> None:
    content = os.urandom(size)
    check(bob, keep(bob, "a.bin", content), content, tmp_path, s3_admin)


@pytest.mark.parametrize("size", [10 * MIB, 12 * MIB + 1])
def test_of_a_file_in_parts(bob: Person, size: int, tmp_path: Path, s3_admin: Any) -> None:
    content = os.urandom(size)
    file = keep(bob, "a.bin", content, part_size=5 * MIB)
    check(bob, file, content, tmp_path, s3_admin)
    page = bob.get(f"/files/{file.pk}/details/").content.decode()
    assert f"the hashes of {-(-size // (5 * MIB))} parts of 5,242,880 bytes" in page


def test_of_a_file_that_came_through_the_form(bob: Person, tmp_path: Path, s3_admin: Any) -> None:
    content = os.urandom(9 * MIB)
    upload(bob, SimpleUploadedFile("form.bin", content))
    check(bob, File.objects.get(), content, tmp_path, s3_admin)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("part_size", [None, 5 * MIB])
def test_a_name_is_never_more_than_a_name(
    bob: Person, name: str, part_size: int | None, tmp_path: Path, s3_admin: Any
) -> None:
    content = os.urandom(6 * MIB)
    check(bob, keep(bob, name, content, part_size), content, tmp_path, s3_admin)


@pytest.mark.parametrize("python", [proof.WHOLE, proof.PARTS])
def test_the_python_is_the_same_in_every_shell(python: str) -> None:
    """In double quotes, of which sh, PowerShell and cmd make different things of these."""
    assert not set('"$`!\\%^&|<>\n') & set(python)


def test_a_file_without_a_hash_says_so(bob: Person) -> None:
    file = row(bob)
    page = bob.get(f"/files/{file.pk}/details/").content.decode()
    assert "uploaded without a SHA-256" in page
    assert not commands(page)


def test_parts_of_unknown_size_cannot_be_proved(bob: Person) -> None:
    file = row(bob, sha256=f"{sha256(b'')}-3")
    page = bob.get(f"/files/{file.pk}/details/").content.decode()
    assert "the hashes of 3 parts." in page
    assert "cannot be computed again" in page
    assert not commands(page)


def test_what_is_shown_of_a_file(bob: Person) -> None:
    file = row(bob, "<b>.txt", "letters/", size=1_234_567, content_type="text/plain")
    page = bob.get(f"/files/{file.pk}/details/").content.decode()
    for text in ("&lt;b&gt;.txt", "letters/", "1.2\xa0MB (1,234,567 bytes)", "text/plain"):
        assert text in page
    assert "<b>" not in page


def test_it_is_for_the_owner_alone(bob: Person, mallory: Person, nora: Person, alice: Person) -> None:
    address = f"/files/{row(bob).pk}/details/"
    assert bob.get(address).status_code == 200
    assert [who.get(address).status_code for who in (mallory, alice, nora)] == [404, 404, 403]
    bob.logout()
    assert bob.get(address).status_code == 302


def test_a_viewer_may_see_it(victor: Person) -> None:
    file = row(victor)
    assert victor.get(f"/files/{file.pk}/details/").status_code == 200
    assert f"/files/{file.pk}/details/" in victor.get("/files/").content.decode()
    assert victor.post(f"/files/{file.pk}/details/").status_code == 405
