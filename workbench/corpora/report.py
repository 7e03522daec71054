"""What a source could not read: said with file and line, and counted."""

from collections import Counter
from dataclasses import dataclass, field

SHOWN = 20  # of one source; the rest is only counted


@dataclass
class SourceReport:
    """Collects what readers skip and go on from.

    `skipped`: kind of fault -> how often; `examples`: the first SHOWN of them as sentences, each naming file and line.
    """

    skipped: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def skip(self, where: str, found: str, *, kind: str) -> None:
        """`where`: file and line; `found`: what stands there; `kind`: the fault in general, under which it is counted."""
        self.skipped[kind] += 1
        if len(self.examples) < SHOWN:
            self.examples.append(f"{where}: {found}")
