"""The extra ``xlsx``: openpyxl, loaded by those who read or write a workbook."""

from __future__ import annotations

from typing import Any

from model_registry.errors import BackendNotInstalled


def openpyxl() -> Any:
    """
    Return the package, which has no types of its own.

    Raises:
        BackendNotInstalled: it is not there.
    """
    try:
        import openpyxl as package  # type: ignore[import-untyped]  # noqa: PLC0415  # no types; an extra
    except ModuleNotFoundError as error:
        if error.name != "openpyxl":
            raise
        raise BackendNotInstalled(
            "Workbooks need the package 'openpyxl', which is not installed; "
            "run: pip install 'model-risk-registry[xlsx]'"
        ) from error
    return package
