"""Static files under hashed names, the modules that a module imports included."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # no types
    """After a deployment no browser runs an old module with a new one."""

    support_js_module_import_aggregation = True
