"""
The registry in a Django project, for those who are signed in there.

    python examples/django_host

makes a database with two accounts and serves. Sign in as ana (password ana-s-password) at
http://127.0.0.1:8000/login/, then open http://127.0.0.1:8000/risk/ui/. Bob (bob-s-password)
is told that he lacks the role, because he is not in the group.
"""

from os import environ

import uvicorn
from asgi import application
from django.contrib.auth.models import Group, User
from django.core.management import call_command

call_command("migrate", verbosity=0)
group, _ = Group.objects.get_or_create(name="model-risk")
for name, groups in (("ana", [group]), ("bob", [])):
    if not User.objects.filter(username=name).exists():
        User.objects.create_user(name, password=f"{name}-s-password").groups.set(groups)

uvicorn.run(application, port=int(environ.get("PORT", "8000")), lifespan="off")
