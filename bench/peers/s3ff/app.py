"""django-s3-file-field's side of an upload: a Django of its own, as its README has it.

It runs in an environment that has the package, so neither mypy nor ruff sees more than its syntax.
"""

import json
import os
from pathlib import Path

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="bench",
    ALLOWED_HOSTS=["localhost"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["rest_framework", "s3_file_field"],
    MIDDLEWARE=[f"{__name__}.written"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    REST_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": [], "UNAUTHENTICATED_USER": None},
    STORAGES={
        "default": {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {
                "bucket_name": "bench",
                "endpoint_url": os.environ["S3_URL"],
                "access_key": "AKIAEXAMPLE",
                "secret_key": "secret",
                "security_token": "t" * 1200,
                "region_name": "us-east-1",
                "signature_version": "s3v4",
                "addressing_style": "path",
            },
        }
    },
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import models  # noqa: E402
from django.http import FileResponse, HttpResponse  # noqa: E402
from django.urls import include, path  # noqa: E402
from s3_file_field import S3FileField  # noqa: E402
from s3_file_field._multipart import MultipartManager  # noqa: E402

PAGES = Path(os.environ["PAGES"])
if part := int(os.environ.get("PART", "0")):
    MultipartManager.part_size = part


class Thing(models.Model):
    blob = S3FileField()

    class Meta:
        app_label = "app"


def written(get_response):
    """One line a request, as the site and the other peers' server write."""

    def answer(request):
        print(json.dumps({"path": request.path}), flush=True)
        return get_response(request)

    return answer


def page(request, name):
    kind = "text/html" if name.endswith(".html") else "text/javascript"
    return FileResponse((PAGES / name).open("rb"), content_type=kind)


urlpatterns = [
    path("api/s3-upload/", include("s3_file_field.urls")),
    path("healthz", lambda request: HttpResponse("ok")),
    path("<str:name>", page),
]
application = get_wsgi_application()
