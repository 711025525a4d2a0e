"""What `manage.py sweep_uploads` will do in eight days, now: nothing is too young for it any more.

One process for all sweeps, since starting one takes longer than sweeping.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from localaws.engine import ADMIN
from tests.browser.site import Site
from tests.stack import MANAGE, ROOT, STACK

SWEEP = """
import sys
from datetime import timedelta
from django.utils import timezone
from files.bucket import Bucket
from files.sweeping import Sweep, Wish

for line in sys.stdin:
    everything = Wish(apply=True, objects=True, even_so=True)
    Sweep(Bucket(), everything, timezone.now() + timedelta(days=8)).run()
    print("swept", flush=True)
"""


class Sweeper:
    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def sweep(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "swept\n"


@contextmanager
def sweeper_beside(server: Site) -> Iterator[Sweeper]:
    """On the site's database, and S3 itself: whatever befalls the site or its way there."""
    with subprocess.Popen(
        [*MANAGE, "shell", "--verbosity=0", "--command", SWEEP],
        cwd=ROOT,
        env=server.environment | ADMIN | {"S3_ENDPOINT_URL": STACK.endpoint},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Sweeper(process)
