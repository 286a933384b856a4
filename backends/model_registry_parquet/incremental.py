"""A request log in files of which only what is new is read: the rest is known from last time."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import BinaryIO, Final

import attrs

from model_registry.domain.log_explanation import LogExplanation
from model_registry.domain.request_log import LogScan, Period, Progress, Shape
from model_registry.ports import RequestLog
from model_registry_parquet.drafts import Draft
from model_registry_parquet.faults import UNREADABLE
from model_registry_parquet.log_files import Done, LogFile, Paths, locate
from model_registry_parquet.pruning import instant, within
from model_registry_parquet.readings import Reading
from model_registry_parquet.shares import Broken, Findings, Part, Totals, add_totals, listed
from model_registry_parquet.stamps import Stamp
from model_registry_parquet.summaries import Kept, Name, Summaries
from model_registry_parquet.summaries_file import opened
from model_registry_parquet.summing import EVERYBODY, CannotSumUp

_DAY: Final = 86_400 * 10**9
_log: Final = logging.getLogger("model_registry.scans")


@attrs.frozen
class Form:
    """
    How files of one kind are read.

    Attributes:
        name: of the kind.
        place: tells what, before its number, names a row of a file.
        read: adds one file to a scan.
        parts: sums one file up, from where the parts that are kept end.
        still_there: tells whether a file that has grown still begins with parts.
        log: opens a log of such files that keeps nothing.
    """

    name: str
    place: Callable[[LogFile], str]
    read: Callable[[LogFile, Reading, Done], None]
    parts: Callable[[LogFile, BinaryIO, Shape, Sequence[Part]], Iterator[Part]]
    still_there: Callable[[BinaryIO, Sequence[Part]], bool]
    log: Callable[[Paths, Shape], RequestLog]


class IncrementalRequestLog(RequestLog):
    """
    Files of which summaries are kept, so that each is read once for all tenants.

    A scan reads the files that are new or have changed, and of JSON Lines that
    only grew what is new of them; it says exactly what a scan of all files says.

    Args:
        form: how the files are read.
        paths: a file, a folder or a pattern, or several.
        shape: how the rows name what is needed.
        max_models: how many distinct models a scan may hold.
        summaries: the file that summaries are kept in; made if it is not there.
    """

    def __init__(
        self, form: Form, paths: Paths, shape: Shape, *, max_models: int, summaries: str | Path
    ) -> None:
        self._form = form
        self._paths = paths
        self._shape = shape
        self._max_models = max_models
        self._summaries = Path(summaries)
        self._key = json.dumps([form.name, *_told_apart(shape)])
        self._one_at_a_time = Lock()

    def scan(self, tenant_id: str, period: Period, progress: Progress | None = None) -> LogScan:
        if self._shape.is_only_others(tenant_id):
            return LogScan(sightings=())
        files = locate(self._paths)
        done = Done(files, progress)
        reading = Reading(self._shape, tenant_id, period, self._max_models)
        with self._one_at_a_time, opened(self._summaries, self._key) as summaries:
            scan = _Scan(self._form, summaries, reading, done, self._max_models)
            for file in files:
                if file.may_concern(self._shape.tenant, tenant_id):
                    scan.take(file)
                done.with_all_of(file)
            scan.finish()
        return reading.result()

    def explain(
        self, tenant_id: str, period: Period, progress: Progress | None = None
    ) -> LogExplanation:
        return self._form.log(self._paths, self._shape).explain(tenant_id, period, progress)


def _told_apart(shape: Shape) -> tuple[object, ...]:
    """Return what of a shape makes a difference to summaries; whose all rows are does not."""
    plain = (shape.time, shape.model, shape.tenant, shape.time_unit)
    return plain if shape.is_plain else (*plain, shape.rows, shape.where, shape.unless)


class _Scan:
    def __init__(
        self, form: Form, summaries: Summaries, reading: Reading, done: Done, most: int
    ) -> None:
        self._form = form
        self._summaries = summaries
        self._reading = reading
        self._done = done
        tenant = EVERYBODY if reading.shape.tenant is None else reading.tenant_id
        self._asked = tenant, *within(reading.period, "us")
        self._known = summaries.of(*self._asked)
        self._most = most
        self._found: Totals = {}
        self._wrote = False

    def take(self, file: LogFile) -> None:
        """
        Add what a file says.

        Raises:
            RequestLogError: it cannot be read.
            TooManyModels: more distinct models than are allowed.
        """
        name = _name(file)
        kept = self._known.get(name)
        if kept is None or not kept.settled or kept.stamp != _stamp(file):
            told = self._sum_up(file, name, kept)
        elif kept.fit:
            told = Findings(*self._asked, self._found)
            for part in kept.parts:
                told.add(part)
        else:
            told = None
        if told is None:
            self._form.read(file, self._reading, self._done)
        else:
            self._add(file, told)

    def _sum_up(self, file: LogFile, name: Name, old: Kept | None) -> Findings | None:
        """Read a file and return what it says, None if it cannot be summed up."""
        now = time.time_ns()
        totals: Totals = {}
        findings = Findings(*self._asked, totals)
        with file.opened() as stream:
            stamp = Stamp.of(os.fstat(stream.fileno()))
            kept = self._still_so(stream, stamp, old)
            draft = Draft(self._summaries, name, old, kept, now)
            self._wrote = True
            try:
                for part in kept:
                    findings.add(part)
                for part in self._form.parts(file, stream, self._reading.shape, kept):
                    findings.add(part)
                    draft.add(part)
                    self._done.within(file, stream.tell())
                settled = stamp.settled(now) and stamp == Stamp.of(os.fstat(stream.fileno()))
                draft.publish(stamp, settled=settled)
            except CannotSumUp as error:
                _log.warning("%s is read at each scan: %s", file.path, error)
                draft.unfit(stamp, settled=stamp.settled(now))
                return None
            except (OSError, *UNREADABLE):  # reading it for one tenant may yet do
                draft.drop()
                return None
            except BaseException:
                draft.drop()
                raise
        add_totals(self._found, listed(totals))
        return findings

    def _still_so(self, stream: BinaryIO, stamp: Stamp, old: Kept | None) -> tuple[Part, ...]:
        """Return the parts of a file that are known, if it has only grown since."""
        if old is None or not stamp.grown_from(old.stamp):
            return ()
        whole = tuple(part for part in old.parts if part.end is not None)
        return whole if self._form.still_there(stream, whole) else ()

    def _add(self, file: LogFile, findings: Findings) -> None:
        self._reading.rows += findings.rows
        if findings.broken.rows:
            self._broken(self._form.place(file), findings.broken)
        if len(self._found) > self._most:
            self._hand_over()

    def _broken(self, place: str, broken: Broken) -> None:
        for number, reason in broken.examples:
            self._reading.broken(f"{place} {number}", reason)
        more = broken.rows - len(broken.examples)
        if more:
            self._reading.broken(place, "and more", more)

    def _hand_over(self) -> None:
        for model, requests, first, last in listed(self._found):
            self._reading.seen(model, requests, instant(first, "us"), instant(last, "us"))
        self._found = {}

    def finish(self) -> None:
        """
        Hand over what was found.

        Raises:
            TooManyModels: more distinct models than are allowed.
        """
        self._hand_over()
        if self._wrote:
            gone = [kept for (path, _), kept in self._known.items() if not os.path.lexists(path)]
            self._summaries.forget(gone, before=time.time_ns() - _DAY)


def _name(file: LogFile) -> Name:
    folders = json.dumps(sorted(file.partitions.items())) if file.partitions else ""
    return os.path.abspath(file.path), folders  # noqa: PTH100  # Path.absolute keeps the dots


def _stamp(file: LogFile) -> Stamp | None:
    try:
        return Stamp.of(os.stat(file.path))  # noqa: PTH116  # for each of many files
    except OSError:
        return None
