"""ministack, set up for one machine and one developer.

ministack reads its environment when it is imported, so `load` is called once, before any other
import of it.
"""

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

from localaws import extensions

ASGI = Callable[[Any, Any, Any], Awaitable[None]]

HOST = "127.0.0.1"
REGION = "us-east-1"
# The emulator's administrator. Known to everyone on purpose: whoever reaches the loopback address
# may do everything, so nothing of value belongs into it.
ADMIN = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


def load(*, port: int, data_dir: Path) -> ASGI:
    """The emulator with its extensions, as an ASGI application; its state is in data_dir."""
    # Keys and endpoints of the developer's own shell mean real accounts: none of them belongs here.
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(ADMIN, **settings_for(port, data_dir))
    from ministack.app import app

    extensions.install()
    return cast("ASGI", app)


def save() -> None:
    """Write people, groups, roles and buckets to the data folder; files are there already."""
    from ministack.app import _build_persistence_save_dict
    from ministack.core.persistence import save_all

    save_all(_build_persistence_save_dict())


def settings_for(port: int, data_dir: Path) -> dict[str, str]:
    return {
        "AUTH": "true",  # verify signatures, evaluate IAM policies
        "GATEWAY_PORT": str(port),
        "BIND_HOST": HOST,
        "MINISTACK_REGION": REGION,
        "PERSIST_STATE": "1",
        "STATE_DIR": str(data_dir / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(data_dir / "s3"),
        "LOG_LEVEL": os.environ.get("LOG_LEVEL", "ERROR"),
        # Nothing but the one port: no MQTT, no SFTP, no TLS on 443, and no containers, which ministack
        # would otherwise look for, and remove, on the developer's own Docker.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "USE_SSL": "0",
        "DOCKER_HOST": "unix:///nonexistent",
    }
