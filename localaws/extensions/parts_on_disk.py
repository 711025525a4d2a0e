"""The parts of a multipart upload lie on disk, also across a restart, and become the object there.

ministack keeps them in memory, twice while it joins them: a 5 GiB file needs more than 10 GiB. AWS
keeps parts until the upload is completed or aborted.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from contextvars import ContextVar
from itertools import accumulate
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from localaws.seam import Function, replace

# In the folder of an upload: what it is; each part where the object has it, or in a file of its own if
# it does not fit there; and a description of each part.
ABOUT, WHOLE = "about.json", "whole"

# The upload that is being completed, for what ministack calls meanwhile.
_completing: ContextVar[dict[str, Any] | None] = ContextVar("completing", default=None)


class OnDisk(bytes):
    """The body of a part that lies in a file: it has its length and its MD5, but no bytes here."""

    file: Path
    offset: int
    size: int
    md5: bytes

    @classmethod
    def at(cls, file: Path, part: dict[str, Any]) -> "OnDisk":
        body = cls()
        body.file, body.offset, body.size = file, part["offset"], part["size"]
        body.md5 = bytes.fromhex(part["etag"].strip('"'))
        return body

    def __len__(self) -> int:
        return self.size

    def read(self) -> bytes:
        with self.file.open("rb") as file:
            file.seek(self.offset)
            return file.read(self.size)


class _Hashlib:
    """hashlib, for ministack's S3: it makes an object's ETag of the MD5 of each part's body."""

    def __getattr__(self, name: str) -> Any:
        return getattr(hashlib, name)

    def md5(self, data: bytes = b"") -> Any:
        if isinstance(data, OnDisk):
            return SimpleNamespace(digest=lambda: data.md5)
        return hashlib.md5(data)  # noqa: S324 - it is what an ETag is


def install() -> None:
    from ministack.services import s3

    s3.hashlib = _Hashlib()
    replace(s3, "_create_multipart_upload", _remember)
    replace(s3, "_upload_part", _keep)
    replace(s3, "_upload_part_copy", _keep)
    replace(s3, "_record_object_version", _join)
    replace(s3, "_complete_multipart_upload", _complete)
    replace(s3, "_abort_multipart_upload", _forget)
    _restore()


def _folder(upload_id: str) -> Path:
    from ministack.services import s3

    # Beside the objects' folder: all that is in that one, ministack takes for buckets.
    return Path(s3.DATA_DIR).parent / "uploads" / upload_id


def _describe(file: Path, what: dict[str, Any]) -> None:
    draft = file.with_suffix(".tmp")
    draft.write_text(json.dumps(what))
    draft.replace(file)


def _failed(error: OSError) -> Any:
    from ministack.services import s3

    return s3._error("InternalError", f"The disk says: {error.strerror}. Please try again.", 500)


# --- Uploading ------------------------------------------------------------------------------------


def _remember(original: Function) -> Function:
    def _create_multipart_upload(bucket_name: str, key: str, headers: dict[str, str]) -> Any:
        from ministack.services import s3

        before = set(s3._multipart_uploads)
        answer = original(bucket_name, key, headers)
        for upload_id in set(s3._multipart_uploads) - before:
            _folder(upload_id).mkdir(mode=0o700, parents=True)
            _describe_upload(upload_id)
        return answer

    return _create_multipart_upload


def _describe_upload(upload_id: str) -> None:
    from ministack.core.responses import get_account_id
    from ministack.services import s3

    about = {**s3._multipart_uploads[upload_id], "parts": None, "account": get_account_id()}
    _describe(_folder(upload_id) / ABOUT, about)


def _keep(original: Function) -> Function:
    def _upload_part(*arguments: Any) -> Any:
        from ministack.services import s3

        answer = original(*arguments)
        if answer[0] != 200:
            return answer
        query = arguments[-2]  # of both functions
        upload_id, number = s3._qp(query, "uploadId"), int(s3._qp(query, "partNumber", "1"))
        try:
            _spool(upload_id, number)
        except OSError as error:
            del s3._multipart_uploads[upload_id]["parts"][number]
            return _failed(error)
        return answer

    return _upload_part


def _spool(upload_id: str, number: int) -> None:
    """Write a part where the object will have it, which is known if all are as long as the first."""
    from ministack.services import s3

    folder, upload = _folder(upload_id), s3._multipart_uploads[upload_id]
    part = upload["parts"][number]
    if "stride" not in upload:
        upload["stride"] = part["size"]
        _describe_upload(upload_id)
    fits = part["size"] <= upload["stride"]
    file, part["offset"] = (
        (folder / WHOLE, (number - 1) * upload["stride"]) if fits else (folder / str(number), 0)
    )
    description = folder / f"{number}.json"
    description.unlink(missing_ok=True)  # killed now, there is no such part: better than half of one
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as target:
        target.seek(part["offset"])
        target.write(part["body"])
    part["body"] = OnDisk.at(file, part)
    _describe(description, {**part, "body": None, "file": file.name})


def _forget(original: Function) -> Function:
    def _abort_multipart_upload(bucket_name: str, key: str, query_params: dict[str, Any]) -> Any:
        from ministack.services import s3

        answer = original(bucket_name, key, query_params)
        if answer[0] == 204:
            shutil.rmtree(_folder(s3._qp(query_params, "uploadId")), ignore_errors=True)
        return answer

    return _abort_multipart_upload


# --- Completing -----------------------------------------------------------------------------------


def _complete(original: Function) -> Function:
    def _complete_multipart_upload(bucket_name: str, key: str, *more: Any) -> Any:
        from ministack.services import s3

        upload_id = s3._qp(more[1], "uploadId")
        upload = s3._multipart_uploads.get(upload_id)
        if upload is None:
            return original(bucket_name, key, *more)
        if bucket_name in s3._bucket_replication:  # the replica is made of what is in memory
            _read_back(upload["parts"].values())
        objects = s3._buckets.get(bucket_name, {}).get("objects", {})
        before = dict.fromkeys({key} & objects.keys(), objects.get(key))
        token = _completing.set(upload)
        try:
            answer = original(bucket_name, key, *more)
        except OSError as error:
            s3._multipart_uploads[upload_id] = upload
            objects.pop(key, None)
            objects.update(before)
            return _failed(error)
        finally:
            _completing.reset(token)
        if answer[0] == 200:
            shutil.rmtree(_folder(upload_id), ignore_errors=True)
        return answer

    return _complete_multipart_upload


def _read_back(parts: Iterable[dict[str, Any]]) -> None:
    for part in parts:
        if isinstance(part["body"], OnDisk):
            part["body"] = part["body"].read()


def _join(original: Function) -> Function:
    """ministack calls this once the completion is in order; `data` is the joined body, empty here."""

    def _record_object_version(bucket_name: str, key: str, prior: Any, record: Any, data: Any) -> Any:
        from ministack.services import s3

        upload = _completing.get()
        if upload is None or data or not record["parts"]:
            return original(bucket_name, key, prior, record, data)
        bodies = [upload["parts"][part["PartNumber"]]["body"] for part in record["parts"]]
        record["size"], record["body"] = sum(map(len, bodies)), None
        joined = _joined(bodies)
        version_id = original(bucket_name, key, prior, record, None)
        target = Path(s3._object_disk_path(bucket_name, key))
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        joined.replace(target)
        return version_id

    return _record_object_version


def _joined(bodies: list[OnDisk]) -> Path:
    """A file of these parts: the one in which they lie, if they lie there one after another."""
    *starts, size = accumulate(map(len, bodies), initial=0)
    whole = bodies[0].file.with_name(WHOLE)
    if [(body.file, body.offset) for body in bodies] == [(whole, start) for start in starts]:
        os.truncate(whole, size)
        return whole
    joined = whole.with_name("joined")
    with joined.open("wb") as target:
        for body in bodies:
            target.write(body.read())
    return joined


# --- Starting again -------------------------------------------------------------------------------


def _restore() -> None:
    from ministack.services import s3

    for folder in _folder("x").parent.glob("*/"):
        try:
            upload = json.loads((folder / ABOUT).read_text())
            parts = {int(file.stem): _part(file) for file in folder.glob("[0-9]*.json")}
        except (OSError, ValueError):  # killed while it was begun
            shutil.rmtree(folder, ignore_errors=True)
            continue
        # Killed between its completion and the end of its folder, its bytes are the object's now.
        upload["parts"] = {number: part for number, part in parts.items() if part["body"].file.exists()}
        s3._multipart_uploads._data[(upload.pop("account"), folder.name)] = upload


def _part(description: Path) -> dict[str, Any]:
    part: dict[str, Any] = json.loads(description.read_text())
    return {**part, "body": OnDisk.at(description.with_name(part.pop("file")), part)}
