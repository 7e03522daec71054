"""The sections' modules, imported once and by one thread: two at it from different ends can wait for each other for ever."""

from threading import Lock
from types import ModuleType

_ALONE = Lock()


def load_sections() -> dict[str, ModuleType]:
    """Section -> its module; the libraries behind them take seconds to import."""
    with _ALONE:
        from workbench.page.sections import aggregate, confusion, matryoshka, review, search, takeaway

        return {
            "search": search,
            "aggregate": aggregate,
            "confusion": confusion,
            "matryoshka": matryoshka,
            "review": review,
            "takeaway": takeaway,
        }
