"""What Uppy needs of a server, as little as its documentation asks for: presigned by boto3, for anybody.

Served by gunicorn as the site is. POST /sign is Uppy 6's signRequest
(https://uppy.io/docs/aws-s3/#signrequest); /s3/… answers as Companion does, for Uppy 5
(https://uppy.io/docs/aws-s3-multipart/). Everything else is a page of a peer's.
"""

import json
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

import boto3
from botocore.config import Config

BUCKET, LIFE = "bench", 3600
PAGES = Path(os.environ["PAGES"])
# Words of a page's script, and what stands there instead: where a peer has a constant for a setting.
INSTEAD: dict[str, str] = json.loads(os.environ.get("INSTEAD", "{}"))
S3 = boto3.client(
    "s3",
    endpoint_url=os.environ["S3_URL"],
    region_name="us-east-1",
    aws_access_key_id="AKIAEXAMPLE",
    aws_secret_access_key="secret",
    aws_session_token="t" * 1200,  # as long as a real one: it is in every address
    config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
)
OPERATIONS = {
    ("PUT", False): "put_object",
    ("PUT", True): "upload_part",
    ("POST", False): "create_multipart_upload",
    ("POST", True): "complete_multipart_upload",
    ("GET", True): "list_parts",
    ("DELETE", True): "abort_multipart_upload",
    ("DELETE", False): "delete_object",
}
MULTIPART = re.compile(r"/s3/multipart(?:/(?P<id>[^/]+))?(?:/(?P<last>\w+))?")

Json = dict[str, Any]


def application(environ: Json, start: Callable[..., Any]) -> Iterable[bytes]:
    method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
    print(json.dumps({"path": path}), flush=True)
    query = dict(parse_qsl(environ["QUERY_STRING"]))
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = json.loads(environ["wsgi.input"].read(length)) if length else {}
    if path == "/sign":
        return _json(start, sign(body))
    if path == "/s3/params":
        return _json(start, parameters(query))
    if found := MULTIPART.fullmatch(path):
        return _json(start, companion(method, found["id"], found["last"], query, body))
    return _page(start, path)


def sign(request: Json) -> Json:
    """request: as Uppy 6 describes it."""
    about: Json = {"Bucket": BUCKET, "Key": request["key"]}
    if upload := request.get("uploadId"):
        about["UploadId"] = upload
    if number := request.get("partNumber"):
        about["PartNumber"] = number
    if kind := request.get("contentType"):
        about["ContentType"] = kind
    operation = OPERATIONS[request["method"], bool(upload)]
    return {"url": S3.generate_presigned_url(operation, Params=about, ExpiresIn=LIFE)}


def parameters(query: Json) -> Json:
    kind = query.get("type") or "application/octet-stream"
    about = {"Bucket": BUCKET, "Key": f"{uuid4()}-{query['filename']}", "ContentType": kind}
    url = S3.generate_presigned_url("put_object", Params=about, ExpiresIn=LIFE)
    return {"method": "PUT", "url": url, "fields": {}, "headers": {"Content-Type": kind}}


def companion(method: str, upload: str | None, last: str | None, query: Json, body: Json) -> Any:
    if not upload:
        key = f"{uuid4()}-{body['filename']}"
        made = S3.create_multipart_upload(Bucket=BUCKET, Key=key)
        return {"key": key, "uploadId": made["UploadId"]}
    about = {"Bucket": BUCKET, "Key": query["key"], "UploadId": upload}
    if last == "complete":
        S3.complete_multipart_upload(**about, MultipartUpload={"Parts": body["parts"]})
        return {"location": query["key"]}
    if last:
        params = about | {"PartNumber": int(last)}
        url = S3.generate_presigned_url("upload_part", Params=params, ExpiresIn=LIFE)
        return {"url": url, "expires": LIFE}
    if method == "DELETE":
        S3.abort_multipart_upload(**about)
        return {}
    return S3.list_parts(**about).get("Parts", [])


def _json(start: Callable[..., Any], answer: Any) -> list[bytes]:
    start("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(answer, default=str).encode()]


def _page(start: Callable[..., Any], path: str) -> list[bytes]:
    file = PAGES / path.lstrip("/")
    if not file.is_file():
        start("404 Not Found", [])
        return [b""]
    kind = "text/html" if file.suffix == ".html" else "text/javascript"
    text = file.read_text()
    for words, others in INSTEAD.items():
        text = text.replace(words, others)
    start("200 OK", [("Content-Type", kind)])
    return [text.encode()]
