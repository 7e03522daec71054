"""The articles of an index held against those of a corpus, both in `doc_id` order as they pass by."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from workbench.core.documents import content_hash
from workbench.core.domain import Article

if TYPE_CHECKING:
    from workbench.index.reading import Index

_Row = tuple[str, str]  # `doc_id`, content hash


def other_articles(index: "Index", articles: Iterable[Article] | None) -> list[str]:
    """In what the articles of `index` are not in order, or not `articles`; empty where they are."""
    ours = zip(index.stream("doc_id"), index.stream("content_hash"), strict=True)
    counting = _Counting(index)
    counting.run(ours, iter(()) if articles is None else counting.of_corpus(articles))
    faults = [] if counting.in_order else ["doc_ids are not unique and in order"]
    missing, fewer, changed = counting.missing, counting.fewer, counting.changed
    if articles is not None and (missing or fewer or changed):
        faults.append(
            f"the corpus has {missing:,} articles that the index lacks, {fewer:,} fewer, {changed:,} changed"
        )
    return faults


class _Counting:
    """How two lists of articles differ: `missing` from the index, `fewer` in the corpus, `changed`."""

    def __init__(self, index: "Index") -> None:
        self._skipped = {doc_id: each.content_hash for doc_id, each in index.skipped.items()}
        self.missing = self.fewer = self.changed = 0
        self.in_order = True

    def of_corpus(self, articles: Iterable[Article]) -> Iterator[_Row]:
        """Those that are to be there: articles without a vector are known to be in no row."""
        rows = ((article.doc_id, content_hash(article)) for article in articles)
        return (row for row in rows if self._skipped.get(row[0]) != row[1])

    def run(self, ours: Iterator[_Row], theirs: Iterator[_Row]) -> None:
        here, there = next(ours, None), next(theirs, None)
        before = ""
        while here or there:
            if here and (not there or here[0] <= there[0]):
                self.in_order &= before < here[0]
                before = here[0]
                if there and here[0] == there[0]:
                    self.changed += here[1] != there[1]
                    there = next(theirs, None)
                else:
                    self.fewer += 1
                here = next(ours, None)
            else:
                self.missing += 1
                there = next(theirs, None)
