"""The settings of a Django project with nothing in it but accounts and sessions."""

from os import environ
from pathlib import Path

SECRET_KEY = environ.get("DJANGO_SECRET_KEY", "only for trying this out")
SECRET_KEY_FALLBACKS = environ.get("DJANGO_OLD_SECRET_KEYS", "").split()
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "urls"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "host.sqlite3"}}
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],
    }
]
LOGIN_REDIRECT_URL = "/"
USE_TZ = True

MODEL_REGISTRY_STORE = environ.get("MODEL_REGISTRY_STORE", "memory://")
MODEL_REGISTRY_TENANT = "org_abc"
