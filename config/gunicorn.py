"""gunicorn's settings; WEB_CONCURRENCY, GUNICORN_CMD_ARGS and PORT override them."""

import os
import sys


def number(name: str, default: int) -> int:
    value = os.environ.get(name) or str(default)
    if not value.isdecimal():
        sys.exit(f"strongbox: {name} is malformed: it is a number")
    return int(value)


bind = f"127.0.0.1:{number('PORT', 8000)}"
# This server waits for slow clients in a thread each, without end: a proxy in front must read
# requests whole before it passes them on, and give up on slow ones (README, "On AWS").
# Threads, because a request that waits does so on Cognito or S3, not on the processor. One process
# shares the default in-process cache; with more, set CACHE_URL (README, "Scale").
worker_class = "gthread"
workers = number("WEB_CONCURRENCY", 1)
threads = 16
# A window of 100 parts carries their hashes in its query: 5.5 KB.
limit_request_line = 8190
# The application is imported before forking, so that a configuration error ends the start.
preload_app = True
# The form without JavaScript streams a file through one thread: a worker is alive as long as its
# main loop beats, so a long upload does not time out.
timeout = 60
graceful_timeout = 10
accesslog = None  # config.middleware writes one structured line a request
