"""What the URLs of stores and request logs say, and how they are shown to people."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final
from urllib.parse import parse_qsl

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


def parted(url: URL, text: str, names: Collection[str]) -> tuple[URL, dict[str, str]]:
    """
    Part our own query parameters from those that are the driver's; the last of each counts.

    Args:
        url: what ``read_url`` made of the text; blank parameters are lost in it.
        text: the URL as a person wrote it.
        names: of our own parameters.
    """
    given = parse_qsl(text.partition("?")[2], keep_blank_values=True)
    ours = {name: value for name, value in given if name in names}
    return url.difference_update_query(names), ours


def read_store_url(
    text: str, schema: str | None = None, table_prefix: str | None = None
) -> tuple[URL, Place]:
    """
    Part a store's URL into the database and the place of the tables in it.

    Args:
        text: may have ``schema`` and ``table_prefix`` as query parameters.
        schema: goes before the URL's.
        table_prefix: likewise.

    Raises:
        StoreError: not a database's URL, or the prefix is not a plain name.
    """
    database, given = parted(read_url(text, StoreError), text, ("schema", "table_prefix"))
    place = place_named(schema or given.get("schema"), table_prefix or given.get("table_prefix"))
    return database, place


def place_named(schema: str | None, table_prefix: str | None) -> Place:
    """
    Return the place of a registry's tables; what is not said is as usual.

    Raises:
        StoreError: the prefix is not a plain name.
    """
    try:
        return Place(schema or None, table_prefix or DEFAULT_PREFIX)
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


def dialect_of(url: URL, kind: type[RegistryError] = StoreError) -> str:
    """
    Return the name of a URL's database.

    Args:
        url: of a database.
        kind: the error for a database that SQLAlchemy does not know.
    """
    try:
        return url.get_dialect().name
    except (NoSuchModuleError, ImportError) as error:
        raise kind(f"No driver is installed for {url.drivername}://: {error}") from error
