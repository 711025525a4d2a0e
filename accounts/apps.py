from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "People"

    def ready(self) -> None:
        from accounts import groups

        post_migrate.connect(groups.create_mapped, dispatch_uid="accounts.groups.create_mapped")
