"""IAM policy variables, such as ${cognito-identity.amazonaws.com:sub} in a Resource.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html

- expanded in Resource, NotResource and Condition values, in policies of Version 2012-10-17 only
- the key's single value in this request, else the default of ${key, 'default'}, else the pattern
  matches nothing; an Allow whose *negated* element cannot be expanded does not apply at all
- ${*}, ${?} and ${$} are those characters; a value's own * and ? are characters too, not wildcards
"""

import contextvars
import json
import re
from dataclasses import replace as copy
from typing import Any

from localaws.seam import Function, replace

VERSION = "2012-10-17"
VARIABLE = re.compile(r"\$\{(?:([*?$])|([^{},'\s]+)(?:,\s*'([^']*)')?)\}")
# Private-use characters that no request contains: a literal * and ?, and what matches nothing.
STAR, MARK, NEVER = "\ue000", "\ue001", "\ue002"
LITERAL = {STAR: "*", MARK: "?"}
PATTERN_OPERATORS = ("stringlike", "stringnotlike", "arn")

_version: contextvars.ContextVar[str | None] = contextvars.ContextVar("policy_version", default=None)


def install() -> None:
    from ministack.core import iam_evaluator

    replace(iam_evaluator, "parse_policy_document", _remember_version)
    replace(iam_evaluator, "evaluate_resource_policy", _pass_version_on)
    replace(iam_evaluator, "_first_match", _expand_first)
    replace(iam_evaluator, "_fnmatch_compile", _compile_with_literals)


def _remember_version(original: Function) -> Function:
    def parse_policy_document(doc: Any) -> Any:
        statements = original(doc)
        has_variables = (_version_of(doc) or _version.get()) == VERSION
        for statement in statements:
            statement.has_variables = has_variables
        return statements

    return parse_policy_document


def _pass_version_on(original: Function) -> Function:
    """A resource policy's statements are parsed one layer down, in a document without a Version."""

    def evaluate_resource_policy(doc: Any, *args: Any, **kwargs: Any) -> Any:
        token = _version.set(_version_of(doc))
        try:
            return original(doc, *args, **kwargs)
        finally:
            _version.reset(token)

    return evaluate_resource_policy


def _version_of(doc: Any) -> str | None:
    if isinstance(doc, str):
        try:
            doc = json.loads(doc)
        except ValueError:
            return None
    return doc.get("Version") if isinstance(doc, dict) else None


def _expand_first(original: Function) -> Function:
    def _first_match(ctx: Any, statements: Any, effect: str) -> Any:
        expanded = [expand(statement, ctx) for statement in statements]
        return original(ctx, [statement for statement in expanded if statement is not None], effect)

    return _first_match


def expand(statement: Any, ctx: Any) -> Any:
    """The statement for this request; None when it does not apply."""
    if not getattr(statement, "has_variables", False):
        return statement
    not_resources = [_expand(value, ctx, pattern=True) for value in statement.not_resources]
    negated = list(not_resources)
    conditions: dict[str, Any] = {}
    for operator, keys in statement.conditions.items():
        kind = operator.lower().rpartition(":")[2]
        pattern = kind.startswith(PATTERN_OPERATORS)
        conditions[operator] = {key: _expand(value, ctx, pattern=pattern) for key, value in keys.items()}
        if "not" in kind:
            negated += conditions[operator].values()
    if statement.effect == "Allow" and any(_has_never(value) for value in negated):
        return None
    return copy(
        statement,
        resources=[_expand(value, ctx, pattern=True) for value in statement.resources],
        not_resources=not_resources,
        conditions=conditions,
    )


def _has_never(value: Any) -> bool:
    return any(_has_never(item) for item in value) if isinstance(value, list) else value == NEVER


def _expand(value: Any, ctx: Any, *, pattern: bool) -> Any:
    if isinstance(value, list):
        return [_expand(item, ctx, pattern=pattern) for item in value]
    if not isinstance(value, str) or "${" not in value:
        return value
    unknown = False

    def put(match: re.Match[str]) -> str:
        nonlocal unknown
        character, key, default = match.groups()
        text = character or _value(key, ctx) or default
        if text is None:
            unknown = True
            return ""
        return text.replace("*", STAR).replace("?", MARK) if pattern else text

    expanded = VARIABLE.sub(put, value)
    return NEVER if unknown else expanded


def _value(key: str, ctx: Any) -> str | None:
    from ministack.core.iam_evaluator import _resolve_condition_key

    value = _resolve_condition_key(key, ctx)
    # "You can use only single-valued keys": a list has no place in a pattern.
    return value if isinstance(value, str) and value else None


def _compile_with_literals(original: Function) -> Function:
    def _fnmatch_compile(pattern: str, ignore_case: bool) -> re.Pattern[str]:
        if not any(mark in pattern for mark in LITERAL):
            compiled: re.Pattern[str] = original(pattern, ignore_case)
            return compiled
        wild = {"*": ".*", "?": "."}
        parts = (wild.get(char) or re.escape(LITERAL.get(char, char)) for char in pattern)
        return re.compile("".join(parts) + r"\Z", re.IGNORECASE if ignore_case else 0)

    return _fnmatch_compile
