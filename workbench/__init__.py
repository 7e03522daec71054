"""Compare embedding models on Chinese statutes, side by side, on one LanceDB index.

`Workbench` is the way in; the other names are what it takes and gives, and the errors that it raises.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench._workbench import Workbench
    from workbench.core.domain import Article, Citation, Hit, Level, Query, Scope
    from workbench.core.engines import RayCluster
    from workbench.core.errors import (
        CitationError,
        CorpusError,
        EncoderError,
        EngineError,
        HubError,
        IndexFault,
        PairError,
        PortError,
        QueryError,
        ReviewError,
        StorageFault,
        TrainingError,
        WorkbenchError,
    )
    from workbench.core.settings import Pair
    from workbench.corpora.subset import Subset
    from workbench.evaluation.asking import Answer, Listing
    from workbench.evaluation.experiment import Experiment
    from workbench.index.building import BuildReport
    from workbench.index.filters import Filter
    from workbench.query_sets.contamination import Contamination
    from workbench.query_sets.query_set import QuerySet

__version__ = "0.1.0"

__all__ = [
    "Answer",
    "Article",
    "BuildReport",
    "Citation",
    "CitationError",
    "Contamination",
    "CorpusError",
    "EncoderError",
    "EngineError",
    "Experiment",
    "Filter",
    "Hit",
    "HubError",
    "IndexFault",
    "Level",
    "Listing",
    "OutputError",
    "Pair",
    "PairError",
    "PortError",
    "Query",
    "QueryError",
    "QuerySet",
    "RayCluster",
    "ReviewError",
    "Scope",
    "StorageFault",
    "Subset",
    "TrainingError",
    "Workbench",
    "WorkbenchError",
    "__version__",
]

# Where each name lives. Nothing is imported before it is asked for: the libraries behind them take seconds.
_HOMES = {
    "_workbench": ["Workbench"],
    "core.domain": ["Article", "Citation", "Hit", "Level", "Query", "Scope"],
    "core.engines": ["RayCluster"],
    "core.errors": [name for name in __all__ if name.endswith(("Error", "Fault"))],
    "core.settings": ["Pair"],
    "corpora.subset": ["Subset"],
    "evaluation.asking": ["Answer", "Listing"],
    "evaluation.experiment": ["Experiment"],
    "index.building": ["BuildReport"],
    "index.filters": ["Filter"],
    "query_sets.contamination": ["Contamination"],
    "query_sets.query_set": ["QuerySet"],
}


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
