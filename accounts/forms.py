"""The forms of the account page. They tidy what was typed; what is acceptable, Cognito decides."""

from typing import Any

from django import forms

from accounts.language import LANGUAGES

LONGEST_NAME = 200  # characters
LONGEST_PASSWORD = 256  # characters; the API takes no more
# As infra/stack.yaml sets it; the site has no right to ask the pool.
PASSWORD_POLICY = "At least 12 characters of any kind. A few words in a row are good."  # noqa: S105


class OneLine(forms.CharField):
    """Text without line breaks, and without blanks at its ends or in a row."""

    def clean(self, value: Any) -> str:
        return str(super().clean(" ".join(str(value or "").split())))


class ProfileForm(forms.Form):
    name = OneLine(required=False, max_length=LONGEST_NAME)
    locale = forms.ChoiceField(
        required=False, choices=[("", "As your browser prefers"), *LANGUAGES.items()]
    )


class EmailForm(forms.Form):
    email = forms.EmailField(
        max_length=254,
        error_messages={"invalid": "This is not an e-mail address, such as name@example.com."},
    )


class CodeForm(forms.Form):
    """A code from an e-mail, or from an authenticator app: people type it in groups."""

    code = forms.CharField(max_length=32)

    def clean_code(self) -> str:
        code = "".join(str(self.cleaned_data["code"]).split())
        if not (code.isascii() and code.isdecimal()):
            raise forms.ValidationError("A code is made of digits only.")
        return code


class AppCodeForm(CodeForm):
    def clean_code(self) -> str:
        code = super().clean_code()
        if len(code) != 6:
            raise forms.ValidationError("The code has six digits.")
        return code


class PasswordForm(forms.Form):
    """Passwords are taken as they were typed, blanks at the ends included."""

    old = forms.CharField(strip=False, max_length=LONGEST_PASSWORD)
    new = forms.CharField(strip=False, max_length=LONGEST_PASSWORD)
    again = forms.CharField(strip=False, max_length=LONGEST_PASSWORD)

    def clean(self) -> dict[str, Any]:
        typed = self.cleaned_data
        if "new" in typed and typed["new"] == typed.get("old"):
            self.add_error("new", "This is your current password. Choose another one.")
        elif "new" in typed and "again" in typed and typed["new"] != typed["again"]:
            self.add_error("again", "This is not the same as the new password above.")
        return typed


class LeavingForm(forms.Form):
    """Deleting is confirmed by typing what one is known by: it is not done in passing."""

    confirmation = OneLine(max_length=254)

    def __init__(self, *args: Any, phrase: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.phrase = phrase

    def clean_confirmation(self) -> str:
        typed: str = self.cleaned_data["confirmation"]
        if typed.casefold() != self.phrase.casefold():
            raise forms.ValidationError(f"Type “{self.phrase}” to confirm.")
        return typed
