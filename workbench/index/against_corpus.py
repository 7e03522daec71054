"""The articles of an index held against those of a corpus, both in `doc_id` order as they pass by."""

from collections.abc import Iterable, Iterator, Mapping

from workbench.core.documents import content_hash
from workbench.core.domain import Article

Row = tuple[str, str]  # `doc_id`, content hash


def other_articles(
    ours: Iterator[Row], articles: Iterable[Article] | None, skipped: Mapping[str, str]
) -> list[str]:
    """In what the rows of an index are not in order, or not of `articles`; empty where they are.

    `skipped`: content hashes of articles that are known to be in no row, by `doc_id`.
    """
    counting = _Counting()
    rows = ((article.doc_id, content_hash(article)) for article in articles or ())
    counting.run(ours, (row for row in rows if skipped.get(row[0]) != row[1]))
    faults = [] if counting.in_order else ["doc_ids are not unique and in order"]
    missing, fewer, changed = counting.missing, counting.fewer, counting.changed
    if articles is not None and (missing or fewer or changed):
        faults.append(
            f"the corpus has {missing:,} articles that the index lacks, {fewer:,} fewer, {changed:,} changed"
        )
    return faults


class _Counting:
    """How two lists of articles differ: `missing` from the index, `fewer` in the corpus, `changed`."""

    def __init__(self) -> None:
        self.missing = self.fewer = self.changed = 0
        self.in_order = True

    def run(self, ours: Iterator[Row], theirs: Iterator[Row]) -> None:
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
