from django.urls import include, path

from accounts import views

urlpatterns = [
    path("", views.home, name="home"),
    path("oidc/authenticate/", views.SignIn.as_view(), name="oidc_authentication_init"),
    path("oidc/callback/", views.Callback.as_view(), name="oidc_authentication_callback"),
    path("oidc/logout/", views.SignOut.as_view(), name="oidc_logout"),
    path("account/signed-in/", views.signed_in_again, name="signed_in_again"),
    path("account/", include("accounts.account_urls")),
]
