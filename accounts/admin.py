"""People in Django admin: Cognito is the truth, so most of it is to be read, not written."""

import csv
import re
from collections.abc import Iterator
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Count, QuerySet
from django.http import HttpRequest, StreamingHttpResponse

from accounts import audit
from accounts.models import AuditEvent, Kind, PendingRevocation, Session, User
from accounts.sessions import end_all


class UserForm(forms.ModelForm):
    """Offers the groups that are the administrators' own; those that Cognito rules stay as they are."""

    class Meta:
        model = User
        fields = ("is_active", "groups")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "groups" in self.fields:
            offered: forms.ModelMultipleChoiceField[Any] = self.fields["groups"]  # type: ignore[assignment]
            offered.queryset = Group.objects.exclude(name__in=settings.COGNITO_GROUPS)
            offered.label = "Groups of this site"
            offered.help_text = "Groups that come from Cognito are changed in the user pool."

    def clean_groups(self) -> list[Group]:
        from_cognito = self.instance.groups.filter(name__in=settings.COGNITO_GROUPS)
        return [*self.cleaned_data["groups"], *from_cognito]


@admin.register(User)
class UserAdmin(admin.ModelAdmin):
    form = UserForm
    list_display = ("__str__", "name", "cognito_groups", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff", "groups")
    search_fields = ("email", "name", "subject", "identity_id")
    search_help_text = "E-mail, name, Cognito subject or identity id"
    actions = ("sign_out",)
    ordering = ("email", "pk")
    list_per_page = 50
    filter_horizontal = ("groups",)
    readonly_fields: ClassVar[tuple[str, ...]] = (
        "email",
        "email_verified",
        "name",
        "cognito_groups",
        "is_staff",
        "is_superuser",
        "subject",
        "issuer",
        "identity_id",
        "date_joined",
        "last_login",
    )
    fieldsets = (
        (None, {"fields": ("email", "email_verified", "name", "is_active")}),
        (
            "What they may do",
            {
                "fields": ("cognito_groups", "is_staff", "is_superuser", "groups"),
                "description": "Staff and superuser follow from the groups in Cognito.",
            },
        ),
        ("Known to AWS as", {"fields": ("subject", "issuer", "identity_id")}),
        ("When", {"fields": ("date_joined", "last_login")}),
    )

    def get_queryset(self, request: HttpRequest) -> "QuerySet[User]":
        return super().get_queryset(request).prefetch_related("groups")

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - people come from Cognito
        return False

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:  # noqa: ARG002
        """Not here: their files would be left in S3, owned by nobody. Switch them off instead."""
        return False

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if "is_active" in form.changed_data:
            kind = Kind.SWITCHED_ON if obj.is_active else Kind.SWITCHED_OFF
            audit.record(kind, user=obj, request=request, by=request.user.pk)

    def save_related(
        self, request: HttpRequest, form: forms.ModelForm, formsets: Any, change: bool
    ) -> None:
        """What was given and taken of the site's own groups is noted like what Cognito gives."""
        before = set(form.instance.groups.values_list("name", flat=True))
        super().save_related(request, form, formsets, change)
        after = set(form.instance.groups.values_list("name", flat=True))
        if before != after:
            audit.record(
                Kind.GROUPS_CHANGED,
                user=form.instance,
                request=request,
                added=sorted(after - before),
                removed=sorted(before - after),
                by=request.user.pk,
            )

    @admin.action(description="Sign out of this site", permissions=["change"])
    def sign_out(self, request: HttpRequest, people: "QuerySet[User]") -> None:
        """End their sessions here, and the refresh tokens; to come back they are asked anew."""
        ended = Session.objects.filter(user__in=people).count()
        for person in people:
            end_all(person)
            audit.record(Kind.SIGNED_OUT_EVERYWHERE, user=person, request=request, by=request.user.pk)
        self.message_user(request, f"{ended} sessions ended.")

    @admin.display(description="Cognito groups")
    def cognito_groups(self, user: User) -> str:
        return ", ".join(g.name for g in user.groups.all() if g.name in settings.COGNITO_GROUPS) or "—"


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(admin.ModelAdmin):
    list_display = ("name", "from_cognito", "people")
    search_fields = ("name",)
    filter_horizontal = ("permissions",)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Group]":
        groups: QuerySet[Group] = super().get_queryset(request)
        return groups.annotate(people=Count("user"))

    def get_readonly_fields(self, request: HttpRequest, obj: Group | None = None) -> tuple[str, ...]:  # noqa: ARG002
        return ("name", "permissions") if obj and obj.name in settings.COGNITO_GROUPS else ()

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        mapped = obj is not None and obj.name in settings.COGNITO_GROUPS
        return not mapped and super().has_delete_permission(request, obj)

    @admin.display(description="From Cognito", boolean=True)
    def from_cognito(self, group: Group) -> bool:
        return group.name in settings.COGNITO_GROUPS

    @admin.display(description="People", ordering="people")
    def people(self, group: Group) -> int:
        return int(getattr(group, "people", 0))


# Sessions are not shown: a session's key is all that a browser needs to be its person.


class ReadOnly(admin.ModelAdmin):
    """What administrators look at, and nobody writes here."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002
        return False


@admin.register(PendingRevocation)
class PendingRevocationAdmin(ReadOnly):
    list_display = fields = readonly_fields = ("created_at",)


class Echo:
    """A file for csv.writer that keeps nothing: each line goes straight on to the browser."""

    def write(self, line: str) -> str:
        return line


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnly):
    list_display = ("at", "kind", "who", "address", "details")
    list_filter = ("kind", ("user__groups", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("user",)
    list_per_page = 50
    date_hierarchy = "at"
    search_fields = ("user__email", "user__name", "subject", "address")
    search_help_text = "E-mail, name, Cognito subject or address"
    actions = ("export",)
    fields = readonly_fields = ("at", "kind", "who", "subject", "address", "browser", "details")

    @admin.action(description="Export as CSV", permissions=["view"])
    def export(self, request: HttpRequest, events: "QuerySet[AuditEvent]") -> StreamingHttpResponse:  # noqa: ARG002
        """The chosen events (or, with "select all", those that the filters leave), row by row."""
        lines = self._lines(events.select_related("user"))
        return StreamingHttpResponse(
            lines,
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="audit.csv"'},
        )

    def _lines(self, events: "QuerySet[AuditEvent]") -> Iterator[str]:
        columns = ("at", "kind", "who", "subject", "address", "browser", "details")
        write = csv.writer(Echo()).writerow
        yield write(columns)
        for event in events.iterator(1000):
            cells = [event.at.isoformat(), event.kind, self.who(event), event.subject]
            cells += [event.address or "", event.browser, self.details(event)]
            yield write([harmless(cell) for cell in cells])

    @admin.display(description="person", ordering="user")
    def who(self, event: AuditEvent) -> str:
        return str(event.user or event.subject or "—")

    @admin.display(description="details")
    def details(self, event: AuditEvent) -> str:
        told = {name: _words(value) for name, value in event.detail.items()}
        return "; ".join(f"{name} {words}" for name, words in told.items() if words)


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def harmless(cell: str) -> str:
    """Spreadsheets run a cell that begins like a formula, and a browser may call itself anything.

    Some of them take the semicolon for the end of a cell as well, or the wide forms of the signs.
    https://owasp.org/www-community/attacks/CSV_Injection
    """
    return re.sub(r"(^|[;,\t\r\n])(\s*[=+\-@＝＋－＠])", r"\1'\2", cell)
