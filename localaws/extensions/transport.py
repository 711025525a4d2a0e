"""Requests over the loopback interface count as encrypted (aws:SecureTransport).

This departs from AWS, for one reason: the stack's bucket policy refuses plain HTTP, as it must on
AWS, and locally there is nothing between the two ends that could listen.
"""

from localaws.seam import Function, replace


def install() -> None:
    from ministack import app

    replace(app, "pin_request_origin", _always_secure)


def _always_secure(original: Function) -> Function:
    def pin_request_origin(source_ip: str, secure_transport: bool) -> None:  # noqa: ARG001
        original(source_ip, True)

    return pin_request_origin
