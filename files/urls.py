from django.urls import path

from files import views

app_name = "files"
urlpatterns = [
    path("", views.show_list, name="list"),
    path("upload/", views.upload, name="upload"),
    path("<uuid:pk>/content/", views.content, name="content"),
    path("<uuid:pk>/details/", views.details, name="details"),
    path("<uuid:pk>/rename/", views.rename, name="rename"),
    path("<uuid:pk>/delete/", views.delete, name="delete"),
]
