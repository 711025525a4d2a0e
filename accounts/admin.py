"""People in Django admin: Cognito is the truth, so most of it is to be read, not written."""

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from accounts.models import PendingRevocation, Session, User


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

    @admin.action(description="Sign out of this site", permissions=["change"])
    def sign_out(self, request: HttpRequest, people: "QuerySet[User]") -> None:
        """End the sessions here, at their next request; managed login may still know them."""
        ended, _ = Session.objects.filter(user__in=people).delete()
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


@admin.register(PendingRevocation)
class PendingRevocationAdmin(admin.ModelAdmin):
    list_display = fields = readonly_fields = ("created_at",)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002
        return False
