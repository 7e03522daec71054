"""Citations of a file that cannot be read, told all at once."""

from collections.abc import Sequence

from workbench.core.errors import CitationError, QueryError

MOST = 1_000  # that are told one by one


class CitationErrors(CitationError):
    """`faults`: what is wrong with each of several citations of one query."""

    def __init__(self, faults: Sequence[CitationError]) -> None:
        first = faults[0]
        super().__init__(first.subject, first.found, remedy=first.remedy)
        self.faults = tuple(faults)


class UnreadableCitations(QueryError):
    """`faults`: place (file and line) and what is wrong there, of each citation in the file `name` that cannot be read."""

    def __init__(self, name: str, faults: Sequence[tuple[str, CitationError]]) -> None:
        self.faults = tuple(faults)
        told = [f"{at}: {fault}" for at, fault in faults[:MOST]]
        if len(faults) == 1:
            at, fault = faults[0]
            super().__init__(f"{at}: {fault.subject}", fault.found, remedy=fault.remedy)
            return
        more = [f"and {len(faults) - MOST:,} more"] if len(faults) > MOST else []
        remedy = "mend or leave out:\n" + "\n".join([*told, *more])
        super().__init__(name, f"holds {len(faults):,} citations that cannot be read", remedy=remedy)
