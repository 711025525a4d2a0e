"""The map of the site."""

from django.contrib import admin
from django.urls import include, path

from config.api import api

urlpatterns = [
    path("", include("accounts.urls")),
    path("files/", include("files.urls")),
    path("api/v1/", api.urls),
    path("admin/", admin.site.urls),
    # /healthz and /readyz are answered before: config.middleware.Probes
]

handler400 = "config.errors.bad_request"
handler403 = "config.errors.forbidden"
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"
