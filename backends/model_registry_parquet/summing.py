"""Rows of a log being summed up for all tenants at once, as ``RowReader`` understands them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import attrs
import pyarrow as pa
import pyarrow.compute as pc

from model_registry.domain.request_log import RowReader, Shape, Sighting
from model_registry_parquet.columns import values
from model_registry_parquet.pruning import ALL_TIME
from model_registry_parquet.shares import NONE, Broken, Part, Share, Total

MOST_PAIRS: Final = 50_000
"""How many distinct pairs of tenant and model a part may have, to be summed up."""

LONGEST_NAME: Final = 4_096
"""How many bytes a name of a tenant or model may have, to be summed up."""

MOST_WAITING: Final = 1_000_000
"""How many requests of a part may be held in memory before it has to be ended."""

EVERYBODY: Final = ""
"""The tenant of all rows of a log that names none."""

_BYTES: Final = 8
_MICROSECONDS: Final = pa.timestamp("us", "UTC")
_NAMES: Final = pa.dictionary(pa.int32(), pa.large_string())


class CannotSumUp(Exception):
    """A file is not fit to be summed up: it has to be read each time."""


class Summing:
    """
    Sums up a file, a part after another.

    Args:
        shape: how the rows name what is needed.

    Attributes:
        rows: how many rows the part at hand has.
        waiting: how many of its requests are held in memory.
    """

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        # Whose all rows are is for those who ask: what is summed up is everybody's.
        self._told = attrs.evolve(shape, all_rows_are=None)
        self._readers: dict[str, RowReader] = {}
        self._begin()

    def _begin(self) -> None:
        self.rows = 0
        self.waiting = 0
        self._broken = NONE
        self._broken_of: dict[str, Broken] = {}
        self._requests: list[pa.Table] = []

    def broken(self, number: int, reason: object) -> None:
        """Count a row that nobody can understand."""
        self._broken = self._broken.and_also(number, str(reason))

    def add(
        self,
        rows: Iterable[tuple[int, Any]],
        needed: Callable[[Any], tuple[Any, Any, Any]],
    ) -> None:
        """
        Add rows, each with its number; ``needed`` takes model, tenant and time out of one.

        Raises:
            CannotSumUp: a name is too long.
        """
        no_tenant = self.shape.tenant is None
        parse = datetime.fromisoformat
        tenants: list[str] = []
        models: list[str] = []
        times: list[datetime] = []
        for number, row in rows:
            model, tenant, time = needed(row)
            if model is None or model == "":
                continue
            if no_tenant:
                tenant = EVERYBODY
            elif type(tenant) is not str:
                continue
            at: datetime | None
            try:
                at = parse(time) if type(model) is str else None
                if at is None or at.tzinfo is not UTC:
                    at = self._unusual(number, model, tenant, time)
            except (TypeError, ValueError):
                at = self._unusual(number, model, tenant, time)
            if at is not None:
                tenants.append(tenant)
                models.append(model)
                times.append(at)
        self.add_columns(
            pa.array(tenants, pa.large_string()),
            pa.array(models, pa.large_string()),
            pa.array(times, _MICROSECONDS).cast(pa.int64()),
        )

    def _unusual(self, number: int, model: object, tenant: str, time: object) -> datetime | None:
        """Return the time of a row that is not text and UTC text, None if it does not count."""
        reader = self._readers.get(tenant)
        if reader is None:
            if len(self._readers) == MOST_PAIRS:
                raise CannotSumUp(
                    f"a part of it has more than {MOST_PAIRS:,} tenants with unusual rows"
                )
            reader = self._readers[tenant] = RowReader(self._told, tenant, ALL_TIME)
        try:
            told = reader.judge_needed(model, tenant, time)
        except ValueError as error:
            known = self._broken_of.get(tenant, NONE)
            self._broken_of[tenant] = known.and_also(number, str(error))
            return None
        return told.first_seen_at if isinstance(told, Sighting) else None

    def add_columns(self, tenants: Any, models: Any, times: Any) -> None:
        """
        Add requests of which all is known to be well.

        Args:
            tenants: whose, text.
            models: of which model, text and not empty.
            times: when, in microseconds since 1970.

        Raises:
            CannotSumUp: a name is too long.
        """
        if not len(times):
            return
        for names in (tenants, models):
            if pc.max(pc.binary_length(names)).as_py() > LONGEST_NAME:
                raise CannotSumUp(f"it has a name of more than {LONGEST_NAME:,} bytes")
        columns = {
            "tenant": tenants.dictionary_encode().cast(_NAMES),
            "model": models.dictionary_encode().cast(_NAMES),
            "time": times,
        }
        self._requests.append(pa.table(columns))
        self.waiting += len(times)

    def part(self, last: int = 0, end: int | None = None, seal: bytes = b"") -> Part:
        """
        Return what was added, and begin anew.

        Args:
            last: the number of its last line.
            end: see ``Part``.
            seal: see ``Part``.

        Raises:
            CannotSumUp: there are too many distinct tenants and models, or names
                that are not UTF-8.
        """
        part = Part(
            last=last,
            rows=self.rows,
            broken=self._broken,
            shares=self._shares(),
            end=end,
            seal=seal,
        )
        self._begin()
        return part

    def _shares(self) -> dict[str, Share]:
        shares = {tenant: Share(broken=broken) for tenant, broken in self._broken_of.items()}
        if not self._requests:
            return shares
        table = pa.concat_tables(self._requests).unify_dictionaries().combine_chunks()
        tenants: Any = table.column("tenant").combine_chunks()
        models: Any = table.column("model").combine_chunks()
        tenant_names, model_names = values(tenants.dictionary), values(models.dictionary)
        if not all(isinstance(name, str) for name in (*tenant_names, *model_names)):
            raise CannotSumUp("it has a name that is not UTF-8")
        times: Any = table.column("time").combine_chunks()
        pairs = pc.add(
            pc.multiply(tenants.indices.cast(pa.int64()), len(model_names)), models.indices
        )
        in_order = pc.array_sort_indices(times)
        times, pairs = times.take(in_order), pairs.take(in_order)
        by_pair = times.take(pc.array_sort_indices(pairs))  # which leaves the rest in order
        packed: memoryview = memoryview(by_pair.buffers()[1])
        begin = 0
        for tenant, totals in _totals(pairs, times, model_names).items():
            end = begin + sum(total[1] for total in totals)
            own = packed[begin * _BYTES : end * _BYTES].tobytes()
            name = tenant_names[tenant]
            shares[name] = Share.of(totals, own, self._broken_of.get(name, NONE))
            begin = end
        return shares


def _totals(pairs: Any, times: Any, model_names: Sequence[str]) -> dict[int, list[Total]]:
    """Return the totals of each tenant, in the order of pairs of tenant and model."""
    groups = pa.table({"pair": pairs, "time": times}).group_by("pair", use_threads=False)
    told = groups.aggregate([("time", "count"), ("time", "min"), ("time", "max")])
    if told.num_rows > MOST_PAIRS:
        raise CannotSumUp(
            f"a part of it has more than {MOST_PAIRS:,} distinct pairs of tenant and model"
        )
    names = ("pair", "time_count", "time_min", "time_max")
    columns = (told.column(name).to_pylist() for name in names)
    totals: dict[int, list[Total]] = {}
    for pair, *figures in sorted(zip(*columns, strict=True)):
        tenant, model = divmod(pair, len(model_names))
        totals.setdefault(tenant, []).append((model_names[model], *figures))
    return totals
