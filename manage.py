#!/usr/bin/env python
"""Django's command line, with a configuration error told in one line."""

import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        settings.INSTALLED_APPS  # noqa: B018 - loads the settings, so that what is missing is named here
    except ImproperlyConfigured as error:
        sys.exit(f"strongbox: {error}")
    execute_from_command_line(sys.argv)
