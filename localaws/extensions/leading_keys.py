"""The condition key dynamodb:LeadingKeys: the partition keys that a request names.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html

Absent for Scan and PartiQL, as on AWS; a policy with ForAllValues therefore needs a Null check too.
"""

import contextlib
import json
import re
from collections.abc import Iterator
from typing import Any

from localaws.seam import Function, replace

KEY = "dynamodb:LeadingKeys"
EQUALS = re.compile(r"(#?[\w.-]+)\s*=\s*(:\w+)")


def install() -> None:
    from ministack.core import iam_actions

    replace(iam_actions, "dynamodb_service_context", _with_leading_keys)


def _with_leading_keys(original: Function) -> Function:
    def dynamodb_service_context(body: bytes) -> dict[str, Any]:
        context: dict[str, Any] = original(body)
        with contextlib.suppress(ValueError, TypeError, AttributeError, KeyError):
            keys = [value for value in leading_keys(json.loads(body or b"{}")) if value is not None]
            if keys:
                context[KEY] = list(dict.fromkeys(keys))
        return context

    return dynamodb_service_context


def leading_keys(request: dict[str, Any]) -> Iterator[str | None]:
    """Every partition key's value in a DynamoDB request, as text."""
    for single in _singles(request):
        name = _partition_key(single.get("TableName"), single.get("IndexName"))
        if name:
            yield _text((single.get("Key") or single.get("Item") or {}).get(name))
            yield from _queried(single, name)


def _singles(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The request itself, or the requests that a batch or a transaction consists of."""
    yield request
    for table, part in (request.get("RequestItems") or {}).items():
        if isinstance(part, dict):
            yield from ({"TableName": table, "Key": key} for key in part.get("Keys", []))
        else:
            yield from ({"TableName": table, **detail} for item in part for detail in item.values())
    for item in request.get("TransactItems") or []:
        yield from item.values()


def _partition_key(table_name: Any, index_name: Any) -> str | None:
    from ministack.services import dynamodb

    table = dynamodb._tables.get(str(table_name).rpartition("/")[2]) or {}
    indexes = (table.get("GlobalSecondaryIndexes") or []) + (table.get("LocalSecondaryIndexes") or [])
    schema = table.get("KeySchema") or []
    if index_name:
        schema = next((i["KeySchema"] for i in indexes if i.get("IndexName") == index_name), [])
    return next((str(part["AttributeName"]) for part in schema if part["KeyType"] == "HASH"), None)


def _queried(request: dict[str, Any], name: str) -> Iterator[str | None]:
    """The value that a Query's partition key must equal; a Query has no other form."""
    names = request.get("ExpressionAttributeNames") or {}
    values = request.get("ExpressionAttributeValues") or {}
    for attribute, value in EQUALS.findall(request.get("KeyConditionExpression") or ""):
        if names.get(attribute, attribute) == name:
            yield _text(values.get(value))
    for value in ((request.get("KeyConditions") or {}).get(name) or {}).get("AttributeValueList", []):
        yield _text(value)


def _text(value: Any) -> str | None:
    """{"S": "alice"} → "alice"."""
    return str(next(iter(value.values()))) if isinstance(value, dict) and value else None
