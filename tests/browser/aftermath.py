"""What is left of somebody's uploads: in the site's database, and in S3 under their prefix."""

import hashlib
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.browser.site import Site
from tests.stack import STACK

BUCKET = STACK.env["FILES_BUCKET"]


_MINE = "owner_id = (SELECT id FROM accounts_user WHERE email = ?)"
FILES = f"SELECT folder || name, key FROM files_file WHERE {_MINE}"  # noqa: S608
_OPEN = f"file_id IS NULL AND {_MINE}"
UPLOADS = f"SELECT folder || name, key, multipart_id FROM files_upload WHERE {_OPEN}"  # noqa: S608
IDENTITY = "SELECT identity_id FROM accounts_user WHERE email = ?"


@dataclass(frozen=True)
class Aftermath:
    """email: whose. A path is as the site keeps it."""

    server: Site
    email: str

    def digest(self, path: str) -> str | None:
        """SHA-256 of what S3 holds of this file, None if there is no such file."""
        key = self.files.get(path)
        if key is None:
            return None
        with closing(STACK.admin("s3")) as s3:
            content = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return hashlib.sha256(content).hexdigest()

    def holds(self, file: Path, folder: str) -> bool:
        """Whether this file has arrived as it is on the disk."""
        return self.digest(folder + file.name) == hashlib.sha256(file.read_bytes()).hexdigest()

    @property
    def files(self) -> dict[str, str]:
        """path → key"""
        return dict(self._rows(FILES))

    def under_way(self, folder: str = "") -> list[str]:
        """The paths of uploads that have no file; folder: those there only."""
        return [path for path, _, _ in self._rows(UPLOADS) if path.startswith(folder)]

    @property
    def strays(self) -> list[str]:
        """What S3 holds that no row names: objects, and multipart uploads."""
        uploads = {(key, multipart_id) for _, key, multipart_id in self._rows(UPLOADS)}
        objects, multiparts = self._in_s3()
        strays = objects - set(self.files.values()) - {key for key, _ in uploads}
        return [f"object {key}" for key in strays] + [f"parts of {k}" for k, _ in multiparts - uploads]

    @property
    def lost(self) -> list[str]:
        """The paths of files whose object is not in S3."""
        objects, _ = self._in_s3()
        return [path for path, key in self.files.items() if key not in objects]

    def _in_s3(self) -> tuple[set[str], set[tuple[str, str]]]:
        """The keys of objects; keys and ids of multipart uploads."""
        identity_id = next((one for (one,) in self._rows(IDENTITY) if one), "nobody yet")
        where = {"Bucket": BUCKET, "Prefix": f"users/{identity_id}/"}
        with closing(STACK.admin("s3")) as s3:
            pages = list(s3.get_paginator("list_objects_v2").paginate(**where))
            open_ones = s3.list_multipart_uploads(**where).get("Uploads", [])
        objects = {one["Key"] for page in pages for one in page.get("Contents", [])}
        return objects, {(one["Key"], one["UploadId"]) for one in open_ones}

    def _rows(self, query: str) -> list[Any]:
        with closing(sqlite3.connect(self.server.database, timeout=20)) as database:
            return database.execute(query, [self.email]).fetchall()
