from django.apps import AppConfig


class FilesConfig(AppConfig):
    name = "files"
    verbose_name = "Files"

    def ready(self) -> None:
        from accounts.leaving import leaving
        from files.leaving import take_along

        leaving.connect(take_along, dispatch_uid="files.leaving.take_along")
