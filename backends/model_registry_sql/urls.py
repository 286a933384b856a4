"""What the URLs of stores and request logs say, and how they are shown to people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from model_registry.errors import RegistryError, StoreError
from model_registry_sql.schema import DEFAULT_PREFIX, Place

_DRIVERS: Final = {"postgresql": "postgresql+psycopg"}
_SECRET: Final = ("password", "passwd", "secret", "token", "key")


def read_url(text: str, kind: type[RegistryError]) -> URL:
    """
    Read a URL; plain ``postgresql://`` means psycopg 3, in every SQLAlchemy.

    Args:
        text: the URL as a person wrote it.
        kind: the error for one that cannot be read.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        scheme = text.partition("://")[0]
        raise kind(f"The URL {scheme}://… cannot be read as a database's") from error
    return url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))


def take(url: URL, *names: str) -> tuple[URL, dict[str, str]]:
    """Part our own query parameters from those that are the driver's; the last of each counts."""
    ours: dict[str, str] = {}
    for name in names:
        value = url.query.get(name)
        if value is not None:
            ours[name] = value if isinstance(value, str) else value[-1]
    return url.difference_update_query(ours), ours


def read_place(
    url: URL, schema: str | None = None, table_prefix: str | None = None
) -> tuple[URL, Place]:
    """
    Part a store's URL into the database and the place of the tables in it.

    Args:
        url: may have ``schema`` and ``table_prefix`` as query parameters.
        schema: goes before the URL's.
        table_prefix: likewise.

    Raises:
        StoreError: the prefix is not a plain name.
    """
    database, given = take(url, "schema", "table_prefix")
    prefix = table_prefix or given.get("table_prefix") or DEFAULT_PREFIX
    try:
        return database, Place(schema or given.get("schema"), prefix)
    except ValueError as error:
        raise StoreError(f"The tables cannot be named so: {error}") from error


def shown(url: URL, place: Place | None = None) -> str:
    """Return a URL as its user would type it, with its secrets struck out."""
    ours: Mapping[str, str] = {}
    if place is not None:
        prefix = "" if place.prefix == DEFAULT_PREFIX else place.prefix
        given = {"schema": place.schema or "", "table_prefix": prefix}
        ours = {name: value for name, value in given.items() if value}
    struck = {name: "***" for name in url.query if any(word in name.lower() for word in _SECRET)}
    shown_url = url.update_query_dict({**struck, **ours})
    return shown_url.render_as_string(hide_password=True)


def dialect_of(url: URL) -> str:
    """
    Return the name of a URL's database.

    Raises:
        StoreError: SQLAlchemy knows no such database.
    """
    try:
        return url.get_dialect().name
    except (NoSuchModuleError, ImportError) as error:
        raise StoreError(f"No driver is installed for {url.drivername}://: {error}") from error
