"""What tells which models were used."""

from __future__ import annotations

from abc import ABC, abstractmethod

from model_registry.domain.log_explanation import LogExplanation, explained_by
from model_registry.domain.request_log import LogScan, Period, Progress


class RequestLog(ABC):
    """
    Where a company's AI requests are on record.

    A log is only read, and of each row only the time, the model and the tenant:
    what people asked and what models answered is never looked at.
    """

    @abstractmethod
    def scan(self, tenant_id: str, period: Period, progress: Progress | None = None) -> LogScan:
        """
        Tell which models a tenant used in a period, how often, and when.

        Only rows of this tenant count, only those in the period (both ends
        included), and only those that name a model: null and blank are no model.
        Model ids are taken as they are spelled. A row that cannot be understood
        is counted and reported, and the scan goes on. Memory does not grow with
        the log.

        Args:
            tenant_id: whose requests.
            period: which time.
            progress: told now and then how far the scan is.

        Raises:
            RequestLogError: the log as a whole cannot be read.
            TooManyModels: more distinct models than the log may hold in memory.
        """

    def explain(
        self, tenant_id: str, period: Period, progress: Progress | None = None
    ) -> LogExplanation:
        """
        Tell what a scan makes of each row, and why: for people whose scan finds too little.

        ``RowReader.judge`` says what becomes of a row. It may take many times as long
        as a scan; its memory does not grow with the log either. A log that cannot
        tell more than a scan does need not implement it.

        Raises:
            RequestLogError: the log as a whole cannot be read.
        """
        return explained_by(self.scan(tenant_id, period, progress))

    def close(self) -> None:  # noqa: B027  # most logs hold nothing open
        """Close what the log itself opened, and nothing that it was given. May be repeated."""
