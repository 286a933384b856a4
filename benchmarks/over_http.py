"""The HTTP API under load, beside a hand-written registry and an app that answers a constant."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import attrs

from benchmarks.cases import CASES, Case
from benchmarks.connection import Connection
from benchmarks.effort import Effort
from benchmarks.figures import Figure, Row, of_trials
from benchmarks.machine import LOAD_CORE, pinned
from benchmarks.requests import Request
from benchmarks.serving import Served, contestants
from benchmarks.wrk import by_wrk

_WARMING_SECONDS = 0.1


def measured(stores: dict[str, str], effort: Effort, folder: Path) -> Iterator[Row]:
    """
    Measure every case; the contestants take turns.

    Args:
        stores: for each app of ``benchmarks.apps`` the database that it serves.
        effort: how long.
        folder: for wrk's scripts.
    """
    with pinned(LOAD_CORE), contestants(stores) as servers:
        for case in CASES:
            asked_by = case.connections or (1,)
            for connections in asked_by if effort.one_connection else asked_by[-1:]:
                yield _row(case, connections, servers, effort, folder)


def _row(
    case: Case, connections: int, servers: dict[str, Served], effort: Effort, folder: Path
) -> Row:
    if case.connections is None:  # whose bars are beside the hand-written one only
        servers = {name: server for name, server in servers.items() if name != "constant"}
    asked = {name: _asked(case, server) for name, server in servers.items()}
    trials: dict[str, list[Figure]] = {name: [] for name in servers}
    for _ in range(effort.trials):
        for name, server in servers.items():
            if case.connections is None:
                span = effort.turn_seconds * case.turn
                figure = _one_by_one(server, asked[name], span, case.before)
            else:
                seconds = effort.load_seconds * case.turn
                figure = by_wrk(server, asked[name], connections, seconds, folder)
            trials[name].append(figure)
    return Row(
        part="http",
        name=case.name,
        connections=connections,
        figures={name: of_trials(figures) for name, figures in trials.items()},
        note=case.note,
    )


def _asked(case: Case, server: Served) -> Sequence[Request]:
    """Warm the server up, and learn the ETag that a client would have by then."""
    with closing(Connection(server)) as connection:
        if case.connections is None or not case.requests[0].body:
            connection.timed(case.requests, _WARMING_SECONDS, case.before)
        if not case.revalidating:
            return case.requests
        return [_with_tag(request, connection.ask(request)) for request in case.requests]


def _with_tag(request: Request, answer: bytes) -> Request:
    head = answer.partition(b"\r\n\r\n")[0].decode().splitlines()
    tags = [line.partition(": ")[2] for line in head if line.lower().startswith("etag: ")]
    return attrs.evolve(request, headers=tuple(("If-None-Match", tag) for tag in tags))


def _one_by_one(
    server: Served, requests: Sequence[Request], seconds: float, before: Request | None
) -> Figure:
    with closing(Connection(server)) as connection:
        return connection.timed(requests, seconds, before)
