"""What an upload costs the server that signs for it: calls, CPU, memory; and signing by itself."""

import base64
import secrets
from datetime import UTC, datetime, timedelta

import boto3
from botocore.config import Config
from django.conf import settings

from accounts.credentials import Credentials
from bench.table import Row
from bench.timing import in_turns, microseconds
from bench.uploader.contenders import CLI, OURS, Arena, called
from bench.uploader.jobs import Job, Outcome
from bench.uploader.matrix import PEERS, amount
from bench.uploader.profiles import GIB, MIB, OPEN
from files.storage import Prefix

ROUNDS, AT_ONCE = 40, 100
SIGNING_THEMSELVES = {CLI, "amplify"}  # with credentials of their own: there is no server
KEY, UPLOAD = "users/us-east-1:0123/0190b2c4-0000-7000-8000-000000000000", "u" * 128
SHA256 = base64.b64encode(bytes(32)).decode()
TOKEN = secrets.token_urlsafe(900)


async def run(arena: Arena, size: int) -> list[Row]:
    """Unshaped: the network costs these servers nothing."""
    ours = await arena.do(OURS, Job(OPEN, [arena.file(size)], size))
    made = []
    for who in (who for who in PEERS if who not in SIGNING_THEMSELVES):
        theirs = await arena.do(who, Job(OPEN, [arena.file(size)], size))
        made.append(_row(who, ours, theirs, size))
    return [*made, signing()]


def _row(who: str, ours: Outcome, theirs: Outcome, size: int) -> Row:
    return Row(
        f"upload of {amount(size)}: calls to the server, its CPU per GiB, growth of its memory",
        _told(ours, size),
        _told(theirs, size),
        f"{ours.cpu / theirs.cpu:.2f}×" if theirs.cpu and not ours.failure else "",
        f"peer: {called(who)}’s server, which knows no people and keeps no records; ratio of CPU",
    )


def _told(outcome: Outcome, size: int) -> str:
    if outcome.failure:
        return f"no: {outcome.failure[:90]}"
    cpu, grown = outcome.cpu * GIB / size, outcome.grown / MIB
    return f"{outcome.calls}, {cpu:.2f} s, {grown:.1f} MiB"


def signing() -> Row:
    """A window of 100 parts with their hashes, opened as for a request; boto3's client is warm."""
    end = datetime.now(UTC) + timedelta(hours=1)
    person = Credentials("us-east-1:0123", "ASIAEXAMPLE", "secret", TOKEN, end)
    client = boto3.client(
        "s3",
        region_name=settings.AWS_REGION,
        endpoint_url=settings.S3_ENDPOINT_URL or None,
        aws_access_key_id="ASIAEXAMPLE",
        aws_secret_access_key="secret",
        aws_session_token=TOKEN,
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )

    def ours() -> None:
        with Prefix(person) as prefix:
            for number in range(1, AT_ONCE + 1):
                prefix.sign_part(KEY, UPLOAD, number, size=MIB, sha256=SHA256)

    def theirs() -> None:
        about = {"Bucket": settings.FILES_BUCKET, "Key": KEY, "UploadId": UPLOAD}
        for number in range(1, AT_ONCE + 1):
            more = {"PartNumber": number, "ContentLength": MIB, "ChecksumSHA256": SHA256}
            client.generate_presigned_url("upload_part", Params=about | more, ExpiresIn=3600)

    taken = in_turns(ours, theirs, ROUNDS)
    each, peers = ([one / AT_ONCE for one in side] for side in (taken.ours, taken.peer))
    rate = AT_ONCE * ROUNDS / sum(taken.ours)
    how = f"{AT_ONCE} parts with hashes, {ROUNDS} in turns: {rate:,.0f} a second; peer: boto3, warm"
    return Row("signing one URL", microseconds(each), microseconds(peers), taken.ratio, how)
