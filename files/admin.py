"""Files in Django admin: to be looked at only, because S3 is the truth and IAM guards it."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.defaultfilters import filesizeformat
from django.urls import path, reverse
from django.utils.html import format_html

from accounts import audit
from accounts.models import Kind
from accounts.sessions import credentials_of
from files import downloads
from files.models import File, Upload


class _Owned(admin.ModelAdmin):
    """Read-only. Deleting a row would leave its object in S3, unseen: the owner deletes both."""

    list_per_page = 50
    list_select_related = ("owner",)
    search_fields = ("name", "folder", "owner__email", "owner__name", "key")
    search_help_text = "Name, folder, owner’s e-mail or name, or S3 key"

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return False

    @admin.display(description="Path", ordering="name")
    def shown_path(self, row: File | Upload) -> str:
        # Isolated: a name in a right-to-left script must not turn its neighbours around.
        return format_html("<bdi>{}</bdi>", row.path)

    @admin.display(description="Size", ordering="size")
    def shown_size(self, row: File | Upload) -> str:
        return format_html('<span title="{} bytes">{}</span>', f"{row.size:,}", filesizeformat(row.size))

    @admin.display(description="Owner", ordering="owner__email")
    def owner_link(self, row: File | Upload) -> str:
        address = reverse("admin:accounts_user_change", args=[row.owner_id])
        return format_html('<a href="{}">{}</a>', address, row.owner)


class _Kind(admin.SimpleListFilter):
    """By what comes before the slash of the media type."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        kinds = ("application", "audio", "font", "image", "model", "text", "video")
        return [(kind, kind.capitalize()) for kind in kinds]

    def queryset(self, request: HttpRequest, queryset: QuerySet[File]) -> QuerySet[File]:  # noqa: ARG002
        kind = self.value()
        return queryset.filter(content_type__startswith=f"{kind}/") if kind else queryset


class _State(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        return [("open", "Open"), ("complete", "Complete"), ("aborting", "Being aborted")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Upload]) -> QuerySet[Upload]:  # noqa: ARG002
        states: dict[str, dict[str, Any]] = {
            "open": {"file": None, "aborting": False},
            "complete": {"file__isnull": False},
            "aborting": {"aborting": True},
        }
        return queryset.filter(**states.get(self.value() or "", {}))


@admin.register(File)
class FileAdmin(_Owned):
    """An administrator may read everybody's files: with their own AWS credentials, as IAM has it."""

    list_display = ("shown_path", "shown_size", "owner_link", "modified_at")
    list_filter = (_Kind, "modified_at", ("owner", admin.RelatedOnlyFieldListFilter))
    ordering = ("-modified_at", "pk")
    fieldsets = (
        (None, {"fields": ("shown_path", "shown_size", "content_type", "owner_link", "download")}),
        ("In S3", {"fields": ("key", "etag", "sha256")}),
        ("When", {"fields": ("created_at", "modified_at")}),
    )
    readonly_fields = ("shown_path", "shown_size", "owner_link", "download")

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.content)
        return [path("<uuid:pk>/content/", view, name="files_file_content"), *super().get_urls()]

    def content(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        file = get_object_or_404(File, pk=pk)
        audit.record(Kind.FILE_READ, user=file.owner, request=request, by=request.user.pk, file=str(pk))
        credentials = credentials_of(request)
        return downloads.redirect(file=file, credentials=credentials, disposition="attachment")

    @admin.display(description="Content")
    def download(self, row: File) -> str:
        address = reverse("admin:files_file_content", args=[row.pk])
        return format_html('<a href="{}">Download</a> (this is logged)', address)


@admin.register(Upload)
class UploadAdmin(_Owned):
    list_display = ("shown_path", "shown_size", "state", "owner_link", "created_at")
    list_filter = (_State, "created_at", ("owner", admin.RelatedOnlyFieldListFilter))
    ordering = ("-created_at", "pk")
    fieldsets = (
        (None, {"fields": ("shown_path", "shown_size", "content_type", "state", "owner_link", "file")}),
        ("In parts", {"fields": ("part_size", "part_count", "checksums", "on_conflict")}),
        ("In S3", {"fields": ("key", "sha256", "multipart_id")}),
        ("When", {"fields": ("created_at",)}),
    )
    readonly_fields = ("shown_path", "shown_size", "state", "owner_link")

    @admin.display(description="State")
    def state(self, upload: Upload) -> str:
        if upload.file_id:
            return "complete"
        return "being aborted" if upload.aborting else "open"
