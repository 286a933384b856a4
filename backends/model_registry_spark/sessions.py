"""Spark sessions that a URL asks for: one in this process, or one on a Connect server."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pyspark.errors import PySparkRuntimeError

from model_registry.errors import RequestLogError
from model_registry_spark.failures import wrapping

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

CONNECT_PORT: Final = 15002
_PATIENCE: Final = 10  # seconds until somebody answers
_TRIES: Final = 5  # after which 17 seconds are over; left alone, Connect's client takes 10 minutes

_QUIET: Final = {
    "spark.app.name": "model-registry",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


def local_session() -> tuple[SparkSession, bool]:
    """
    Return this process's session and whether it was started here.

    One that is active is taken as it is; else one is started as the environment says
    (``spark-submit``, ``SPARK_CONF_DIR``), which without a word is on this machine.

    Raises:
        RequestLogError: there is no Java, or Spark does not start.
    """
    with wrapping("Spark cannot be started; it needs Java 17 or newer"):
        from pyspark.sql import SparkSession  # noqa: PLC0415  # a Connect client lacks parts of it

        try:
            return SparkSession.active(), False
        except PySparkRuntimeError:  # there is none, in this thread or any other
            _find_java()
        builder: Any = SparkSession.builder  # a class property, which type checkers cannot call
        for name, value in _QUIET.items():
            builder = builder.config(name, value)
        session: SparkSession = builder.getOrCreate()
        return session, True


def _find_java() -> None:
    home = os.environ.get("JAVA_HOME")
    if not (home and (Path(home) / "bin/java").exists()) and shutil.which("java") is None:
        raise RequestLogError(
            "Spark needs Java 17 or newer, and there is none; run: "
            "apt install openjdk-17-jre-headless (or set JAVA_HOME), or name a "
            "Spark Connect server: spark+connect://host/…"
        )


def connected_session(host: str, port: int, options: Mapping[str, str]) -> SparkSession:
    """
    Return a new session on a Spark Connect server.

    Args:
        host: of the server.
        port: likewise.
        options: Connect's own, such as ``token`` and ``use_ssl``.

    Raises:
        RequestLogError: nobody answers, or a package is missing.
    """
    with wrapping(f"The Spark Connect server {host}:{port} cannot be reached"):
        # Not through the builder that both kinds share: it makes the whole process one for
        # Connect, where the host may have a session of its own.
        from pyspark.sql.connect.client.retries import DefaultPolicy  # noqa: PLC0415  # see above
        from pyspark.sql.connect.session import SparkSession as Connected  # noqa: PLC0415  # see above

        socket.create_connection((host, port), _PATIENCE).close()
        parameters = "".join(f";{name}={value}" for name, value in options.items())
        builder: Any = Connected.builder
        session: Any = builder.remote(f"sc://{host}:{port}/{parameters}").create()
        session.client.set_retry_policies([DefaultPolicy(max_retries=_TRIES)])
        connected: SparkSession = session
        return connected
