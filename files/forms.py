"""The forms that work without JavaScript."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from files import paths
from files.faults import Malformed
from files.models import File


class _ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class _FilesField(forms.FileField):
    """One file or several: always a list. An empty file is a file."""

    widget = _ManyFiles(attrs={"multiple": True})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_empty_file=True, **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        several = data if isinstance(data, (list, tuple)) else [data]
        return [super(_FilesField, self).clean(one, initial) for one in several or [None]]


class UploadForm(forms.Form):
    # Not a CharField that strips: files.paths has the rules, and says what is wrong.
    folder = forms.CharField(required=False, strip=False)
    file = _FilesField(error_messages={"required": "Choose a file first."})

    def clean_folder(self) -> str:
        return _checked(paths.parse_folder, self.cleaned_data["folder"])


class RenameForm(forms.Form):
    path = forms.CharField(
        label="Name", strip=False, max_length=paths.PATH_CHARACTERS, help_text="“folder/name.txt”"
    )

    @classmethod
    def of(cls, file: File) -> "RenameForm":
        return cls(initial={"path": file.path})

    def clean_path(self) -> str:
        return _checked(lambda text: str(paths.parse(text)), self.cleaned_data["path"])


def _checked(rule: Any, text: str) -> str:
    try:
        checked: str = rule(text)
    except Malformed as error:
        raise forms.ValidationError(error.detail) from None
    return checked
