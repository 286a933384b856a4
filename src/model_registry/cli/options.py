"""The options that several commands share, and how faults name them."""

from __future__ import annotations

import getpass
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Annotated, Final
from urllib.parse import quote

import attrs
from cyclopts import Parameter

from model_registry.cli.cadence import cadence_here
from model_registry.domain.entry import STATUS, TIER
from model_registry.errors import Fault, ValidationError
from model_registry.plugins import open_registry
from model_registry.tenant import TenantRegistry

_OPTION_OF: Final = {
    "risk_tier": "--tier",
    "auto_assign_tier": "--tier",
    "validation_status": "--status",
    "lookback_days": "--days",
    "tenant_id": "--tenant",
    "model_id": "MODEL",
    "file": "FILE",
}
"""The options that are not named like the field that they set."""

TIERS: Final = " | ".join(TIER.allowed)
STATUSES: Final = " | ".join(STATUS.allowed)

JsonOption = Annotated[bool, Parameter(name="--json", help="Print JSON, as the HTTP API answers.")]
NumberOption = Annotated[str | None, Parameter(metavar="N")]
StoreOption = Annotated[
    str | None,
    Parameter(
        name="--store",
        metavar="URL",
        env_var="MODEL_REGISTRY_STORE",
        help="Where inventories are kept, such as sqlite:///registry.db.",
    ),
]
ReplicaOption = Annotated[
    str | None,
    Parameter(
        name="--replica",
        metavar="URL",
        env_var="MODEL_REGISTRY_REPLICA",
        help="A copy of the store that follows it, for reads that are large.",
    ),
]
RequestLogOption = Annotated[
    str | None,
    Parameter(
        name="--request-log",
        metavar="LOG",
        env_var="MODEL_REGISTRY_REQUEST_LOG",
        help="The log of AI requests: a file, a pattern, a folder or a URL.",
    ),
]
SummariesOption = Annotated[
    str | None,
    Parameter(
        name="--summaries",
        metavar="FILE",
        env_var="MODEL_REGISTRY_SUMMARIES",
        help="Keep summaries of the log's files there, and read only what is new. Default: read all.",
    ),
]
ShapeOption = Annotated[
    str | None,
    Parameter(
        name="--shape",
        metavar="NAME|FILE",
        env_var="MODEL_REGISTRY_SHAPE",
        help="How the log names its fields: a known shape, such as litellm, or a TOML file.",
    ),
]
AllRowsAreOption = Annotated[
    str | None,
    Parameter(
        name="--all-rows-are",
        metavar="TENANT",
        env_var="MODEL_REGISTRY_ALL_ROWS_ARE",
        help="Whose all rows of the log are, whatever is in them.",
    ),
]
TierOption = Annotated[
    str | None, Parameter(name=["--tier", "--risk-tier"], metavar="TIER", help=f"{TIERS}.")
]
StatusOption = Annotated[
    str | None,
    Parameter(name=["--status", "--validation-status"], metavar="STATUS", help=f"{STATUSES}."),
]
AsOfOption = Annotated[
    str | None,
    Parameter(
        name="--as-of",
        metavar="TIME",
        help="The inventory as it stood then, such as 2026-12-31T23:59:59Z.",
    ),
]
IssuerOption = Annotated[
    str | None,
    Parameter(
        name="--issuer",
        metavar="TEXT",
        env_var="MODEL_REGISTRY_JWT_ISSUER",
        help="What a token's iss must be. Default: not looked at.",
    ),
]
AudienceOption = Annotated[
    str | None,
    Parameter(
        name="--audience",
        metavar="TEXT",
        env_var="MODEL_REGISTRY_JWT_AUDIENCE",
        help="What a token's aud must be. Default: not looked at.",
    ),
]
TenantOption = Annotated[
    str | None,
    Parameter(
        name="--tenant",
        metavar="TENANT",
        env_var="MODEL_REGISTRY_TENANT",
        help="Whose inventory: the organization's id.",
    ),
]


def in_options(faults: Iterable[Fault]) -> list[Fault]:
    """Return faults that name the options a person typed instead of the fields they set."""
    return [attrs.evolve(fault, field=_option(fault.field)) for fault in faults]


def _option(field: str) -> str:
    if field.isupper():
        return field  # an environment variable is called by its own name
    top, _, rest = field.partition(".")
    if top == "tags":
        return f"--tag {rest}".rstrip()
    return _OPTION_OF.get(field) or f"--{field.replace('_', '-')}"


def log_named(log: str, **parameters: str | None) -> str:
    """Return the URL of a log with those parameters that are given."""
    given = "&".join(f"{name}={quote(value)}" for name, value in parameters.items() if value)
    if not given:
        return log
    url = log if "://" in log else f"file:///{quote(log)}"
    return f"{url}{'&' if '?' in url else '?'}{given}"


def required(**given: str | None) -> list[str]:
    """
    Return the values of options that a command cannot do without.

    Raises:
        ValidationError: some are not given; each is named, with its variable.
    """
    faults = [
        Fault(field, f"is required (or set MODEL_REGISTRY_{field.upper().removesuffix('_ID')})")
        for field, value in given.items()
        if not value
    ]
    if faults:
        raise ValidationError(faults)
    return [value for value in given.values() if value]


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no such user: a container that runs under a bare number
        return "command-line"


@Parameter(name="*")
@attrs.frozen(kw_only=True)
class Place:
    """Whose inventory a command works on, where it is kept, and in whose name."""

    store: StoreOption = None
    tenant: TenantOption = None
    actor: Annotated[
        str | None,
        Parameter(
            metavar="NAME",
            env_var="MODEL_REGISTRY_ACTOR",
            help="Who the history says did it. Default: the user of this computer.",
        ),
    ] = None

    @contextmanager
    def opened(self, request_log: str | None = None) -> Iterator[TenantRegistry]:
        """
        Open the tenant's inventory for the time of a command.

        Raises:
            ValidationError: the store or the tenant is not given.
            RegistryError: the store or the log cannot be opened.
        """
        store, tenant_id = required(store=self.store, tenant_id=self.tenant)
        with open_registry(store, request_log, cadence=cadence_here()) as registry:
            yield registry.tenant(tenant_id, self.actor or _user())


HERE: Final = Place()
"""The place that the environment's variables name."""
