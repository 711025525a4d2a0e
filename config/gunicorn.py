"""gunicorn's settings; WEB_CONCURRENCY, GUNICORN_CMD_ARGS and PORT override them."""

import os

bind = f"127.0.0.1:{os.environ.get('PORT', '8000')}"
# Threads, because a request that waits does so on Cognito or S3, not on the processor. One process
# shares the default in-process cache; with more, set CACHE_URL (README, "Scale").
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "1"))
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
