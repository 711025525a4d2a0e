"""A listing tells, of each object, which checksums S3 has of it.

ministack leaves ChecksumAlgorithm out.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
"""

import re
from typing import Any
from urllib.parse import unquote
from xml.sax.saxutils import unescape

from localaws.seam import Function, replace

# As ministack writes them: each object begins with its key, and the ETag comes soon after.
OBJECT = re.compile(r"<Contents><Key>([^<]*)</Key>.*?</ETag>", re.DOTALL)


def install() -> None:
    from ministack.services import s3

    replace(s3, "_list_objects_v2", _tell)


def _tell(original: Function) -> Function:
    def _list_objects_v2(bucket_name: str, query_params: Any) -> Any:
        from ministack.services import s3

        status, headers, body = original(bucket_name, query_params)
        if status != 200:
            return status, headers, body
        objects = s3._ensure_bucket(bucket_name)["objects"]
        encoded = s3._qp(query_params, "encoding-type", "") == "url"

        def told(one: re.Match[str]) -> str:
            key = unquote(one[1]) if encoded else unescape(one[1])
            names = objects[key].get("checksums") or ()
            return one[0] + "".join(
                f"<ChecksumAlgorithm>{name.upper()}</ChecksumAlgorithm>" for name in names
            )

        return status, headers, OBJECT.sub(told, body.decode()).encode()

    return _list_objects_v2
