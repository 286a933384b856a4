"""The table of commands; a command's module is imported when the command is run."""

from __future__ import annotations

from typing import Final

from cyclopts import App, Parameter


def _version() -> str:
    from importlib.metadata import version  # noqa: PLC0415  # a tenth of what --help takes

    return f"model-registry {version('model-risk-registry')}"


app: Final = App(
    name="model-registry",
    help="An AI model registry for model-risk teams. Start with: model-registry demo",
    help_format="plaintext",
    default_parameter=Parameter(negative=(), show_default=False),
    version=_version,
    result_action="return_value",
    print_error=False,
    exit_on_error=False,
    suppress_keyboard_interrupt=False,
)

_COMMANDS: Final = {
    "demo": ("demo:demo", "Show the whole registry at work on a sample request log."),
    "discover": ("discovery:discover", "Find models in the request log; register the new ones."),
    "list": ("inventory:list_models", "List the inventory, newest first."),
    "show": ("inventory:show", "Show one model."),
    "export": ("inventory:export", "Write the inventory as CSV, JSON or XLSX."),
    "import": ("importing:import_file", "Bring models in from a CSV, JSON or XLSX file."),
    "register": ("changes:register", "Put a model into the inventory."),
    "update": ("changes:update", "Change a model's fields or its validation status."),
    "delete": ("changes:delete", "Take a model out of the inventory; its history stays."),
    "profile": ("profiles:profile", "Show or change what is known of a model's risk."),
    "due": ("profiles:due", "List validations and findings that are late or due soon."),
    "history": ("history:commands", "Show who changed what, and when; prove it."),
    "events": ("events:events", "Write what happened since an event, for other systems."),
    "serve": ("server:serve", "Serve the HTTP API."),
    "token": ("tokens:token", "Print a token for trying the HTTP API."),
}

_DATABASE_COMMANDS: Final = {
    "upgrade": ("database:upgrade", "Bring the store's schema up to date."),
    "check": ("database:check", "Tell whether the store's schema is up to date."),
    "sql": ("database:sql", "Print the schema as SQL, without connecting."),
}


def _fill(parent: App, commands: dict[str, tuple[str, str]]) -> None:
    for order, (name, (place, summary)) in enumerate(commands.items()):
        parent.command(f"model_registry.cli.{place}", name=name, help=summary, sort_key=order)


_database = App(name="db", help="Look after a SQL store's schema.", sort_key=len(_COMMANDS))
_fill(app, _COMMANDS)
_fill(_database, _DATABASE_COMMANDS)
app.command(_database)
