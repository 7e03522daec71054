"""What a user can mend: every message names the subject, what was found, what is wanted and the remedy."""

import copyreg
from typing import Any


class WorkbenchError(Exception):
    """A fault in what the user gave or has; only `page` and `cli`, whose doctor reports faults, catch it.

    `subject` is where it lies (a file and line, a table, a widget), `found` what stands there,
    `wanted` what belongs there (may be empty), `remedy` what to do about it.
    """

    def __init__(self, subject: str, found: str, *, remedy: str, wanted: str = "") -> None:
        super().__init__(subject, found, wanted, remedy)
        self.subject, self.found, self.wanted, self.remedy = subject, found, wanted, remedy

    def __reduce__(self) -> tuple[Any, ...]:
        """As it is, also where it comes from another process: its makers take keywords, which pickle would not give."""
        return copyreg.__newobj__, (type(self), *self.args), vars(self)  # type: ignore[attr-defined]

    def __str__(self) -> str:
        wanted = f"; wanted: {self.wanted}" if self.wanted else ""
        return f"{self.subject}: {self.found}{wanted}; {self.remedy}"


class PairError(WorkbenchError):
    """A pair file that does not describe a pair."""


class CorpusError(WorkbenchError):
    """A source of articles that cannot be read."""


class CitationError(WorkbenchError):
    """A citation that cannot be understood."""


class QueryError(WorkbenchError):
    """A query or query set that cannot be used."""


class OtherQueries(QueryError):
    """A run file is of other queries than those that it is to be measured on."""


class HubError(WorkbenchError):
    """A model or data set that a hub does not give."""


class EncoderError(WorkbenchError):
    """A model that cannot be loaded, or that gives unusable vectors."""


class IndexFault(WorkbenchError):
    """An index that is missing, broken, or built for something else."""


class EngineError(WorkbenchError):
    """Processes or machines that were to share the work, and cannot."""


class StorageFault(WorkbenchError):
    """Object storage that cannot be used as it is: nothing is said of the index in it, so it is no IndexFault."""


class ReviewError(WorkbenchError):
    """A review that cannot be kept as it is, or a file of reviews that cannot be used."""


class OutputError(WorkbenchError):
    """A file of results that cannot be written where it was wanted."""


class TrainingError(WorkbenchError):
    """Training data, a recipe or a model that cannot be trained with, or a run that cannot go on."""


class PortError(WorkbenchError):
    """A port on which the page cannot answer."""
