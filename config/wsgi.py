"""The WSGI application, with a configuration error told in one line."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

from config.request import Request

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
try:
    application = get_wsgi_application()
    application.request_class = Request
except ImproperlyConfigured as error:
    sys.exit(f"strongbox: {error}")
