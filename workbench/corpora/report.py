"""What a source could not read, or read with reservations: said with file and line, and counted."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from workbench.core.text import UTF_8, encoding_name

SHOWN = 5  # sentences of one kind of fault in a terminal
KEPT = 10_000  # of one kind; what is beyond is only counted


@dataclass
class SourceReport:
    """Collects what readers skip, or read all the same, and go on from.

    `skipped`, `noted`: kind of fault -> how often; `sentences`: kind -> the first KEPT of them, each naming
    file and line.
    """

    skipped: Counter[str] = field(default_factory=Counter)
    noted: Counter[str] = field(default_factory=Counter)
    sentences: dict[str, list[str]] = field(default_factory=dict)

    @property
    def has_more(self) -> bool:
        """Whether there is more than a terminal shows."""
        return any(len(of_kind) > SHOWN for of_kind in self.sentences.values())

    @property
    def examples(self) -> list[str]:
        """The sentences of all kinds."""
        return [sentence for of_kind in self.sentences.values() for sentence in of_kind]

    def skip(self, where: str, found: str, *, kind: str) -> None:
        """`where`: file and line; `found`: what stands there; `kind`: the fault in general, under which it is counted."""
        self.skipped[kind] += 1
        self._add(where, found, kind)

    def note(self, where: str, found: str, *, kind: str) -> None:
        """Like `skip`, of what was read all the same."""
        self.noted[kind] += 1
        self._add(where, found, kind)

    def read_as(self, where: str, encoding: str, words: str = "", more: str = "") -> None:
        """Says how a file was read where that is not UTF-8 with commas; `more`: what was taken for granted beside that."""
        named = f"as {encoding_name(encoding)}" if encoding != UTF_8 else ""
        read = " ".join(filter(None, (named, words)))
        if found := "; ".join(filter(None, (read and f"read {read}", more))):
            self.note(where, found, kind="taken for granted")

    def said(self) -> Iterator[str]:
        """A sentence for each example of what was read all the same, and how much of each kind was skipped."""
        for kind in self.noted:
            yield from self.sentences[kind][:SHOWN]
        for kind, count in self.skipped.most_common():
            yield f"skipped {count:,}: {kind}; the first: {self.sentences[kind][0]}"

    def lines(self, shown: int = SHOWN) -> Iterator[str]:
        """Each kind with its count, and under it so many sentences; by default as many as a terminal shows."""
        for verb, counts in (("skipped", self.skipped), ("noted", self.noted)):
            for kind, count in counts.most_common():
                yield f"{verb} {count:,}: {kind}"
                yield from (f"  {sentence}" for sentence in self.sentences[kind][:shown])
                if count > min(shown, KEPT):
                    yield f"  and {count - min(shown, KEPT):,} more"

    def _add(self, where: str, found: str, kind: str) -> None:
        of_kind = self.sentences.setdefault(kind, [])
        if len(of_kind) < KEPT:
            of_kind.append(f"{where}: {found}")
