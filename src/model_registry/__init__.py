"""
An embeddable AI model registry for model-risk teams.

It fills itself from the request log, enforces the validation lifecycle, keeps
every change in a hash chain, and exports what an examiner asks for.

Each public name is loaded from its home when it is first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from model_registry.domain.cadence import DEFAULT_CADENCE, Cadence
    from model_registry.domain.chain import Head, first_broken_link
    from model_registry.domain.changes import Action, ChangeEvent, FieldChange
    from model_registry.domain.checkpoint import Checkpoint
    from model_registry.domain.discovery import (
        DiscoveredModel,
        DiscoveryReport,
        DiscoveryRequest,
        Finding,
    )
    from model_registry.domain.due import Due
    from model_registry.domain.entry import UNSET, Amendment, ModelEntry, Registration
    from model_registry.domain.importing import ImportReport, ImportRequest, ImportRow
    from model_registry.domain.inventory import Filter, Page
    from model_registry.domain.lifecycle import (
        DEFAULT_LIFECYCLE,
        UNREGISTERED_TIER,
        Lifecycle,
        RiskTier,
        ValidationStatus,
    )
    from model_registry.domain.log_explanation import FieldFound, LogExplanation
    from model_registry.domain.log_shapes import LOG_SHAPES
    from model_registry.domain.providers import (
        DEFAULT_PROVIDERS,
        EXTENDED_PROVIDERS,
        UNKNOWN_PROVIDER,
        ProviderTable,
        infer_provider,
    )
    from model_registry.domain.replay import rebuild
    from model_registry.domain.request_log import NATIVE, LogScan, Period, Shape, Sighting
    from model_registry.domain.risk_profile import (
        FindingAmendment,
        ProfileAmendment,
        RiskFinding,
        RiskProfile,
    )
    from model_registry.domain.verification import Discrepancy, Verification
    from model_registry.errors import (
        AmbiguousScheme,
        BackendError,
        BackendNotInstalled,
        ConcurrentUpdate,
        DamagedData,
        Fault,
        InvalidStatusTransition,
        ModelAlreadyExists,
        ModelNotFound,
        OutcomeUnknown,
        PreconditionFailed,
        RegistryError,
        RequestLogError,
        SchemaOutdated,
        StoreError,
        TiersUnknown,
        TooManyModels,
        UnknownScheme,
        ValidationError,
    )
    from model_registry.evidence import HistoryPage, PastInventory
    from model_registry.export import ExportFormat
    from model_registry.live_sightings import LiveSightings
    from model_registry.plugins import open_registry, open_request_log, open_store
    from model_registry.ports import RequestLog, Store
    from model_registry.registry import Registry
    from model_registry.replicated import ReplicatedStore
    from model_registry.risk_tiers import Afterwards, RiskTiers
    from model_registry.spreadsheets.columns import Columns
    from model_registry.spreadsheets.files import read_rows
    from model_registry.spreadsheets.tables import FileFormat
    from model_registry.spreadsheets.workbook import workbook
    from model_registry.tenant import TenantRegistry

__all__ = [
    "DEFAULT_CADENCE",
    "DEFAULT_LIFECYCLE",
    "DEFAULT_PROVIDERS",
    "EXTENDED_PROVIDERS",
    "LOG_SHAPES",
    "NATIVE",
    "UNKNOWN_PROVIDER",
    "UNREGISTERED_TIER",
    "UNSET",
    "Action",
    "Afterwards",
    "AmbiguousScheme",
    "Amendment",
    "BackendError",
    "BackendNotInstalled",
    "Cadence",
    "ChangeEvent",
    "Checkpoint",
    "Columns",
    "ConcurrentUpdate",
    "DamagedData",
    "DiscoveredModel",
    "DiscoveryReport",
    "DiscoveryRequest",
    "Discrepancy",
    "Due",
    "ExportFormat",
    "Fault",
    "FieldChange",
    "FieldFound",
    "FileFormat",
    "Filter",
    "Finding",
    "FindingAmendment",
    "Head",
    "HistoryPage",
    "ImportReport",
    "ImportRequest",
    "ImportRow",
    "InvalidStatusTransition",
    "Lifecycle",
    "LiveSightings",
    "LogExplanation",
    "LogScan",
    "ModelAlreadyExists",
    "ModelEntry",
    "ModelNotFound",
    "OutcomeUnknown",
    "Page",
    "PastInventory",
    "Period",
    "PreconditionFailed",
    "ProfileAmendment",
    "ProviderTable",
    "Registration",
    "Registry",
    "RegistryError",
    "ReplicatedStore",
    "RequestLog",
    "RequestLogError",
    "RiskFinding",
    "RiskProfile",
    "RiskTier",
    "RiskTiers",
    "SchemaOutdated",
    "Shape",
    "Sighting",
    "Store",
    "StoreError",
    "TenantRegistry",
    "TiersUnknown",
    "TooManyModels",
    "UnknownScheme",
    "ValidationError",
    "ValidationStatus",
    "Verification",
    "first_broken_link",
    "infer_provider",
    "open_registry",
    "open_request_log",
    "open_store",
    "read_rows",
    "rebuild",
    "workbook",
]

_NAMES: Final = {
    "domain.cadence": "DEFAULT_CADENCE Cadence",
    "domain.chain": "Head first_broken_link",
    "domain.changes": "Action ChangeEvent FieldChange",
    "domain.checkpoint": "Checkpoint",
    "domain.discovery": "DiscoveredModel DiscoveryReport DiscoveryRequest Finding",
    "domain.due": "Due",
    "domain.entry": "UNSET Amendment ModelEntry Registration",
    "domain.importing": "ImportReport ImportRequest ImportRow",
    "domain.inventory": "Filter Page",
    "domain.lifecycle": "DEFAULT_LIFECYCLE UNREGISTERED_TIER Lifecycle RiskTier ValidationStatus",
    "domain.providers": "DEFAULT_PROVIDERS EXTENDED_PROVIDERS UNKNOWN_PROVIDER ProviderTable "
    "infer_provider",
    "domain.log_explanation": "FieldFound LogExplanation",
    "domain.log_shapes": "LOG_SHAPES",
    "domain.replay": "rebuild",
    "domain.request_log": "NATIVE LogScan Period Shape Sighting",
    "domain.risk_profile": "FindingAmendment ProfileAmendment RiskFinding RiskProfile",
    "domain.verification": "Discrepancy Verification",
    "errors": "AmbiguousScheme BackendError BackendNotInstalled ConcurrentUpdate DamagedData "
    "Fault InvalidStatusTransition ModelAlreadyExists ModelNotFound OutcomeUnknown "
    "PreconditionFailed RegistryError RequestLogError SchemaOutdated StoreError TiersUnknown "
    "TooManyModels UnknownScheme ValidationError",
    "evidence": "HistoryPage PastInventory",
    "export": "ExportFormat",
    "live_sightings": "LiveSightings",
    "plugins": "open_registry open_request_log open_store",
    "ports": "RequestLog Store",
    "registry": "Registry",
    "replicated": "ReplicatedStore",
    "risk_tiers": "Afterwards RiskTiers",
    "spreadsheets.columns": "Columns",
    "spreadsheets.files": "read_rows",
    "spreadsheets.tables": "FileFormat",
    "spreadsheets.workbook": "workbook",
    "tenant": "TenantRegistry",
}
_HOMES: Final = {name: home for home, names in _NAMES.items() for name in names.split()}
_MODULES: Final = frozenset(home.partition(".")[0] for home in _NAMES)

# Type checkers read the imports above; with a __getattr__ no misspelt name would be wrong to them.
if not TYPE_CHECKING:

    def __getattr__(name):
        if name in _HOMES:
            value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        elif name in _MODULES:
            value = import_module(f"{__name__}.{name}")
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = value
        return value

    def __dir__():
        return sorted({*globals(), *__all__, *_MODULES})
