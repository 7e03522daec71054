"""Rankings without the documents that are the question itself, as BEIR measures them (`ignore_identical_ids`)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from workbench.core.domain import Hit, Qrels, Query
from workbench.evaluation.rankers.protocol import NOT_FOUND, Scores
from workbench.evaluation.ranks import Ranking, VectorTable, places_of, places_there


@dataclass(frozen=True)
class OwnDocuments:
    """The own documents of some queries in one table, which are ranked like all others first, and then taken out."""

    names: Mapping[str, list[str]]  # query_id -> doc_ids
    qrels: Qrels
    table: VectorTable

    @property
    def counted(self) -> dict[str, dict[str, int]]:
        """The qrels with the own documents, whose ranks are needed to take them out."""
        return {
            query_id: dict(self.qrels.get(query_id, {})) | dict.fromkeys(own, 0)
            for query_id, own in self.names.items()
        }

    def deep(self, depth: int) -> int:
        """As many hits as leave `depth` of them."""
        return depth + max(map(len, self.names.values()), default=0)

    def taken_out(self, ranking: Ranking, depth: int) -> Ranking:
        """A ranking of what `counted` names, as it is where the own documents are not there."""
        if not any(self.names.values()):
            return ranking
        ranks, displaced, found = dict[str, dict[str, int]](), dict[str, dict[str, int]](), dict[str, int]()
        for query_id, own in self.names.items():
            before, crossed = ranking.ranks[query_id], ranking.displaced[query_id]
            wanted = self.qrels.get(query_id, {})
            above = {each: [doc_id for doc_id in own if before[doc_id] < before[each]] for each in wanted}
            ranks[query_id] = {each: before[each] - len(above[each]) for each in wanted}
            displaced[query_id] = {each: crossed[each] - self._crossing(each, above[each]) for each in wanted}
            if query_id in ranking.found:
                count = ranking.found[query_id]
                found[query_id] = count - sum(before[doc_id] <= count for doc_id in own)
        hits = {query_id: without(ranking.hits[query_id], own, depth) for query_id, own in self.names.items()}
        return Ranking(ranks, displaced, hits, found)

    def _crossing(self, doc_id: str, others: Collection[str]) -> int:
        """How many of `others` are of the other scope than a document."""
        local, places = self.table.local, places_of(self.table.doc_ids, {doc_id, *others})
        return sum(bool(local[places[other]] != local[places[doc_id]]) for other in others)


def own_documents(queries: Iterable[Query], qrels: Qrels, table: VectorTable) -> OwnDocuments:
    """Those of `queries` that `table` has; `qrels`: of which documents ranks are wanted."""
    return OwnDocuments(
        {
            query.query_id: [
                doc_id
                for doc_id in places_there(table.doc_ids, query.own_documents)
                if doc_id not in qrels.get(query.query_id, {})
            ]
            for query in queries
        },
        qrels,
        table,
    )


def not_found(scores: Scores, queries: Sequence[Query], table: VectorTable) -> Scores:
    """`scores` (queries, articles), written over, in which a query's own documents are not found."""
    for row, query in zip(scores, queries, strict=True):
        row[[*places_there(table.doc_ids, query.own_documents).values()]] = NOT_FOUND
    return scores


def without(hits: Iterable[Hit], own: Collection[str], depth: int | None = None) -> list[Hit]:
    """The first `depth` of `hits`, or all, that are no own document."""
    return [hit for hit in hits if hit.doc_id not in own][:depth]
