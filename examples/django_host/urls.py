"""The host's own pages: who you are, and how you sign in and out."""

from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.urls import path


def home(request: HttpRequest) -> HttpResponse:
    """Tell who is signed in."""
    return HttpResponse(f"Signed in as {request.user.get_username() or 'nobody'}")


urlpatterns = [
    path("", home),
    path("login/", LoginView.as_view(template_name="login.html")),
    path("logout/", LogoutView.as_view(next_page="/")),
]
