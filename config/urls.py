"""The map of the site."""

from django.contrib import admin
from django.urls import include, path

from config import health
from config.api import api

urlpatterns = [
    path("", include("accounts.urls")),
    path("files/", include("files.urls")),
    path("api/v1/", api.urls),
    path("admin/", admin.site.urls),
    path("healthz", health.alive),
    path("readyz", health.ready),
]

handler400 = "config.errors.bad_request"
handler403 = "config.errors.forbidden"
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"
