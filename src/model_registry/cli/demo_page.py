"""What ``demo --serve`` serves, and the link that opens it."""

from __future__ import annotations

import os
import secrets
import sys
import webbrowser
from typing import Final

from model_registry.cli.screen import note, say
from model_registry.cli.server import Running, run_server
from model_registry.cli.tokens import SECRET, signed
from model_registry.cli.worker import Settings
from model_registry.codec import read_text

_HOST: Final = "127.0.0.1"
_DISPLAYS: Final = ("DISPLAY", "WAYLAND_DISPLAY")


def serve_page(store: str, log: str, tenant: str, port: str | None) -> int:
    """
    Serve the inventory page to this computer until Ctrl-C, and return the exit code.

    The secret that tokens are signed with lives as long as this process. The link's
    fragment carries a token: browsers never send that part of an address.

    Args:
        store: URL of the store.
        log: what discovery scans.
        tenant: whose inventory the link opens.
        port: to listen on, as it was typed; 8000 if it was not.
    """
    running = read_text(Running, {"port": port} if port else {})
    os.environ[SECRET] = secrets.token_hex(32)
    settings = Settings(store=store, prefix="/api/admin", request_log=log, ui=True)

    def greet(address: str) -> None:
        link = f"{address}/ui/#token={signed(tenant, 'ana')}"
        say("The inventory page, with a token that is good for eight hours:")
        say(link)
        note("Ctrl-C stops")
        if sys.stdout.isatty() and _has_display():
            webbrowser.open(link)

    return run_server(settings, running, _HOST, greet)


def _has_display() -> bool:
    """Tell whether a browser would be a window, and not take this terminal over."""
    return not sys.platform.startswith("linux") or any(map(os.environ.get, _DISPLAYS))
