"""The pages about files. JavaScript, where it runs, uses files.api instead; these do without."""

from typing import cast
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.files.base import File as Content
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.sessions import credentials_of
from files import downloads, listing, proof, uploads
from files.faults import Conflict, Malformed, NameTaken
from files.forms import RenameForm, UploadForm
from files.models import File
from files.multipart import keeps_names


@never_cache
@require_safe
@login_required
def show_list(request: HttpRequest) -> HttpResponse:
    """A folder, or what a search found; people who may see no files are told why, and whom to ask."""
    if not request.user.has_perm("files.view_file"):
        return render(request, "files/list.html")
    folder, query, sort, cursor = (request.GET.get(n, "") for n in ("folder", "q", "sort", "cursor"))
    wish = listing.Wish.of(folder=folder, query=query, sort=sort, cursor=cursor)
    page = listing.look(_person(request), wish)
    context = {"listing": page, "crumbs": page.crumbs, "query": page.query}
    return render(request, "files/list.html", context | {"storage": " ".join(settings.S3_ORIGINS)})


# Exempt, then protected further in: the CSRF check reads the body, and nobody who may not upload
# should get this site to read (and spool) one.
@csrf_exempt
@require_POST
@login_required
@permission_required("files.add_file", raise_exception=True)
@keeps_names
@csrf_protect
def upload(request: HttpRequest) -> HttpResponse:
    """Keep the files of the form; what cannot be kept is told, the others are."""
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        for complaint in form.errors.values():
            messages.error(request, str(complaint[0]))
        return redirect("files:list")
    folder = form.cleaned_data["folder"]
    for content in form.cleaned_data["file"]:
        _receive(request, folder, content)
    return redirect(listing.url(folder=folder))


@never_cache
@require_safe
@login_required
@permission_required("files.view_file", raise_exception=True)
def content(request: HttpRequest, pk: UUID) -> HttpResponse:
    file = _file(request, pk)
    disposition = request.GET.get("disposition", "attachment")
    return downloads.redirect(file=file, credentials=credentials_of(request), disposition=disposition)


@never_cache
@require_safe
@login_required
@permission_required("files.view_file", raise_exception=True)
def details(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What is known of a file, and how to prove that S3 holds it."""
    file = _file(request, pk)
    context = {"file": file, "bytes": f"{file.size:,}", "proof": proof.of(file)}
    return render(request, "files/details.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required("files.change_file", raise_exception=True)
def rename(request: HttpRequest, pk: UUID) -> HttpResponse:
    file = _file(request, pk)
    form = RenameForm(request.POST) if request.method == "POST" else RenameForm.of(file)
    if form.is_valid():
        try:
            moved = uploads.move(file=file, path=form.cleaned_data["path"])
        except NameTaken as taken:
            form.add_error("path", taken.detail)
        else:
            messages.success(request, f"It is “{moved.path}” now.")
            return redirect(listing.url(folder=moved.folder))
    return render(request, "files/rename.html", {"file": file, "form": form}, status=_status(form))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required("files.delete_file", raise_exception=True)
def delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    file = _file(request, pk)
    if request.method != "POST":
        return render(request, "files/delete.html", {"file": file})
    uploads.delete(file=file, credentials=credentials_of(request))
    messages.success(request, f"“{file.name}” is deleted.")
    return redirect(listing.url(folder=file.folder))


def _person(request: HttpRequest) -> User:
    return cast(User, request.user)  # login_required has made sure


def _file(request: HttpRequest, pk: UUID) -> File:
    return get_object_or_404(File.objects.owned_by(_person(request)), pk=pk)


def _receive(request: HttpRequest, folder: str, content: "Content[bytes]") -> None:
    try:
        kept = uploads.receive(
            owner=_person(request),
            credentials=credentials_of(request),
            path=f"{folder}{content.name}",
            content=content,
            content_type=getattr(content, "content_type", None) or "",
        )
    except (Malformed, Conflict) as fault:
        messages.error(request, f"“{content.name}” was not kept: {fault.detail}")
    else:
        messages.success(request, f"“{kept.name}” is kept.")


def _status(form: RenameForm) -> int:
    return 422 if form.errors else 200
