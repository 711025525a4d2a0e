"""People, the sessions in which they are signed in, and what happened to them."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Never

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models
from django.utils import timezone

if TYPE_CHECKING:
    from django.contrib.sessions.backends.base import SessionBase


class UserManager(BaseUserManager["User"]):
    def at(self, *, issuer: str, subject: str) -> "models.QuerySet[User]":
        """The person that (issuer, subject) names, if known here."""
        return self.filter(issuer=issuer, subject=subject)


class User(AbstractBaseUser, PermissionsMixin):
    """A person, known by the token's `iss` and `sub`: never by e-mail, which may change or be reused.

    Cognito is the truth for all but `is_active` and the groups that settings.COGNITO_GROUPS does not
    map; accounts.people writes the rest at each sign-in and refresh. There is no password here.
    """

    password = None  # type: ignore[assignment]  # Cognito has it
    issuer = models.URLField(editable=False)
    subject = models.CharField(max_length=255, editable=False)
    email = models.EmailField(blank=True)
    email_verified = models.BooleanField(default=False)
    name = models.CharField(max_length=255, blank=True)
    identity_id = models.CharField(
        max_length=64,
        blank=True,
        editable=False,
        help_text="The identity pool's name for this person, and of their S3 prefix.",
    )
    is_active = models.BooleanField(
        "active", default=True, help_text="Off: signed out at the next request, and kept out."
    )
    is_staff = models.BooleanField("may enter the admin", default=False)
    date_joined = models.DateTimeField("first seen", default=timezone.now, editable=False)
    signed_out_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="When all their sessions were last ended.",
    )
    signed_out_auth_time = models.PositiveBigIntegerField(
        default=0, editable=False, help_text="`auth_time` of the latest sign-in that was ended then."
    )
    claims_issued_at = models.PositiveBigIntegerField(
        default=0, editable=False, help_text="`iat` of the latest token that described this person."
    )

    held_permissions: set[str] | None = None  # accounts.backend reads them once a request

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "id"
    EMAIL_FIELD = "email"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issuer", "subject"], name="user_issuer_subject")]

    def __str__(self) -> str:
        return self.email or self.name or self.subject

    def has_usable_password(self) -> bool:
        return False

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return self.name or self.email.partition("@")[0]


class SessionManager(BaseSessionManager["Session"]):
    def get_queryset(self) -> "models.QuerySet[Session]":
        # The person comes with the session: one query where Django makes two.
        return super().get_queryset().select_related("user")


class Session(AbstractBaseSession):
    """Django's session, and beside its data the tokens of the person signed in.

    Tokens have columns of their own because requests run side by side: saving the session's data
    must never write back tokens that another request has meanwhile refreshed. accounts.sessions is
    the only writer.
    """

    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="sessions")
    sealed_tokens = models.TextField(default="", editable=False)
    tokens_expire_at = models.DateTimeField(null=True)
    refreshing_until = models.DateTimeField(null=True)

    objects: ClassVar[SessionManager] = SessionManager()

    @classmethod
    def get_session_store_class(cls) -> "type[SessionBase]":
        store: type[SessionBase] = import_module(settings.SESSION_ENGINE).SessionStore
        return store

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert whole; update only what Django's session is, leaving the tokens' columns alone."""
        if not kwargs.get("force_insert"):
            kwargs["update_fields"] = ["session_data", "expire_date", "user"]
        super().save(*args, **kwargs)


class PendingRevocation(models.Model):
    """A refresh token of somebody who signed out while Cognito was away: still to be revoked there."""

    sealed_token = models.TextField(editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"from {self.created_at:%Y-%m-%d %H:%M}"


class Kind(models.TextChoices):
    """What can have happened, in the words that administrators and the person read."""

    FIRST_SEEN = "first-seen", "First seen here"
    SIGNED_IN = "signed-in", "Signed in"
    SIGN_IN_REFUSED = "sign-in-refused", "Not signed in"
    SIGNED_OUT = "signed-out", "Signed out"
    SIGNED_OUT_EVERYWHERE = "signed-out-everywhere", "Signed out everywhere"
    REFRESH_FAILED = "refresh-failed", "Sign-in ended: it could not be renewed"
    GROUPS_CHANGED = "groups-changed", "Groups changed"
    RIGHTS_CHANGED = "rights-changed", "Administrator’s rights changed"
    SWITCHED_ON = "switched-on", "Switched on"
    SWITCHED_OFF = "switched-off", "Switched off"
    PROFILE_CHANGED = "profile-changed", "Profile changed"
    EMAIL_CHANGED = "email-changed", "E-mail address changed"
    PASSWORD_CHANGED = "password-changed", "Password changed"
    MFA_TURNED_ON = "mfa-on", "Authenticator app added"
    MFA_TURNED_OFF = "mfa-off", "Authenticator app removed"
    PASSKEY_ADDED = "passkey-added", "Passkey added"
    FILE_READ = "file-read", "A file was read"
    ACCOUNT_DELETED = "account-deleted", "Account deleted"


class AuditLogIsAppendOnly(TypeError):
    """Somebody's code tried to change or delete what has happened."""


class AuditEvents(models.QuerySet["AuditEvent"]):
    def about(self, user: User) -> "AuditEvents":
        """What happened to this person, newest first."""
        return self.filter(user=user).order_by("-pk")

    def update(self, **kwargs: Any) -> Never:  # noqa: ARG002
        raise AuditLogIsAppendOnly

    def bulk_create(self, *args: Any, **kwargs: Any) -> Never:  # noqa: ARG002 - it can overwrite
        raise AuditLogIsAppendOnly

    def delete(self) -> Never:
        raise AuditLogIsAppendOnly


class AuditEvent(models.Model):
    """One thing that happened to a person's account; written once by accounts.audit, never changed.

    That keeps our own code honest. Whoever holds the database holds the log: to guard it from them as
    well, give the site's database role no UPDATE and DELETE on this table, but for the column user_id.

    subject outlives the account: it is Cognito's `sub`, which names nobody once the person is deleted
    there. address and browser are the request's, blank for what happened without one. detail has the
    names of groups and the reasons of refusals: no token, code, password or e-mail address.
    """

    at = models.DateTimeField(default=timezone.now, db_index=True)
    kind = models.CharField("what", max_length=32, choices=Kind)
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", verbose_name="person")
    subject = models.CharField(max_length=255, blank=True, db_index=True)
    address = models.GenericIPAddressField(null=True)
    browser = models.CharField(max_length=200, blank=True)
    detail = models.JSONField(default=dict)

    objects = AuditEvents.as_manager()

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.at:%Y-%m-%d %H:%M}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AuditLogIsAppendOnly
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> Never:  # noqa: ARG002
        raise AuditLogIsAppendOnly
