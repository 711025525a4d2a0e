from django.urls import path

from accounts import account, authenticator, passkeys

urlpatterns = [
    path("", account.overview, name="account"),
    path("profile/", account.ProfilePage.as_view(), name="account_profile"),
    path("email/", account.EmailPage.as_view(), name="account_email"),
    path("email/code/", account.EmailCodePage.as_view(), name="account_email_code"),
    path("email/resend/", account.resend_email_code, name="account_email_resend"),
    path("password/", account.PasswordPage.as_view(), name="account_password"),
    path("authenticator/", authenticator.AddPage.as_view(), name="account_authenticator"),
    path(
        "authenticator/confirm/",
        authenticator.ConfirmPage.as_view(),
        name="account_authenticator_confirm",
    ),
    path(
        "authenticator/remove/", authenticator.RemovePage.as_view(), name="account_authenticator_remove"
    ),
    path("passkey/", passkeys.AddPasskey.as_view(), name="account_passkey"),
    path("passkey/back/", passkeys.back, name="account_passkey_back"),
    path("sign-out/", account.SignOutEverywhere.as_view(), name="account_sign_out"),
    path("delete/", account.DeletePage.as_view(), name="account_delete"),
]
