"""Run files that other tools made: TREC's format, the JSON lines of sentence-transformers' evaluators, ranx's JSON."""

import hashlib
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path
from sys import intern
from typing import Any

from workbench.core.domain import Citation, Hit, by_rank
from workbench.core.errors import CitationError, QueryError
from workbench.corpora.citations import Resolver
from workbench.query_sets.formats.texts import is_json, json_value, lines_of, text_of

_FIELDS = "query_id Q0 doc_id rank score tag"
_LONGEST_RANK = 12  # digits


@dataclass(frozen=True, slots=True)
class _Row:
    """One article that a run lists; `text`: of the question, where the file has it.

    `place`: where it stands in `file`, a line or what its messages add to the name. A run has hundreds of thousands of rows:
    what a message would say is put together when there is one, and equal ids are one string.
    """

    file: str
    place: int | str
    query_id: str
    doc_id: str
    rank: int
    score: float
    text: str = ""

    @property
    def at(self) -> str:
        return f"{self.file}:{self.place}" if isinstance(self.place, int) else f"{self.file}{self.place}"


@dataclass(frozen=True)
class RunFile:
    """Hits by query_id in the one order, and the questions' texts by query_id, as far as the file holds them.

    `digest`: changes with the file.
    """

    hits: dict[str, list[Hit]]
    texts: dict[str, str]
    digest: str


def read_run(path: Path, resolver: Resolver) -> RunFile:
    """The run in a file, its ids resolved as those of query sets are.

    A QueryError names the line of what cannot be read, of an article that is unknown or listed twice, and of a rank that
    contradicts its score.
    """
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise QueryError(
            str(path), f"cannot be read ({fault.strerror})", remedy="correct `path` of that system"
        ) from fault
    text, _ = text_of(content, path.name, wanted=f"a run file: lines of {_FIELDS}, or JSON")
    rows = list((_json_rows if is_json(text) else _trec_rows)(text, path.name))
    if not rows:
        raise QueryError(
            str(path), "holds no ranking", wanted=f"lines of {_FIELDS}", remedy="give another file"
        )
    names = _resolved(rows, resolver)
    hits: dict[str, list[Hit]] = {}
    for query_id, listed in groupby(sorted(rows, key=lambda row: row.query_id), lambda row: row.query_id):
        ranked = sorted(listed, key=lambda row: row.rank)
        _check_query(ranked, names)
        hits[query_id] = by_rank(Hit(names[row.doc_id], row.score) for row in ranked)
    texts = {row.query_id: row.text for row in rows if row.text}
    return RunFile(hits, texts, hashlib.sha256(content).hexdigest())


def _trec_rows(text: str, name: str) -> Iterator[_Row]:
    for number, line in lines_of(text):
        at, parts = f"{name}:{number}", line.split()
        if len(parts) != len(_FIELDS.split()):
            raise QueryError(at, f"has {len(parts)} fields", wanted=_FIELDS, remedy="write a TREC run file")
        query_id, _, doc_id, rank, score, _ = parts
        yield _Row(name, number, intern(query_id), intern(doc_id), _rank(rank, at), _score(score, at))


def _json_rows(text: str, name: str) -> Iterator[_Row]:
    """Of JSON lines with `query_id` and `results`, or of one object query_id → doc_id → score."""
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        whole = None
    if isinstance(whole, dict) and "results" not in whole:
        for query_id, scores in whole.items():
            yield from _object_rows(name, query_id, scores)
        return
    for number, line in lines_of(text):
        yield from _prediction_rows(name, number, json_value(line, f"{name}:{number}"))


def _object_rows(name: str, query_id: str, scores: Any) -> Iterator[_Row]:
    at = f"{name}: {query_id}"
    if not isinstance(scores, dict):
        raise QueryError(at, "is no object", wanted='{"doc_id": score, …}', remedy="write such an object")
    numbers = {doc_id: _score(score, f"{at}: {doc_id}") for doc_id, score in scores.items()}
    for rank, doc_id in enumerate(sorted(numbers, key=lambda doc_id: -numbers[doc_id]), 1):
        yield _Row(name, f": {query_id}: {doc_id}", query_id, intern(doc_id), rank, numbers[doc_id])


def _prediction_rows(name: str, number: int, entry: Any) -> Iterator[_Row]:
    at = f"{name}:{number}"
    wanted = '{"query_id": …, "query": …, "results": [{"corpus_id": …, "score": …}, …]}'
    if not isinstance(entry, dict) or not isinstance(entry.get("results"), list) or "query_id" not in entry:
        raise QueryError(at, "is no prediction", wanted=wanted, remedy="write such a line")
    query_id, text = str(entry["query_id"]), str(entry.get("query", ""))
    for rank, hit in enumerate(entry["results"], 1):
        if not isinstance(hit, dict) or not {"corpus_id", "score"} <= hit.keys():
            raise QueryError(at, f"result {rank} lacks corpus_id or score", wanted=wanted, remedy="add it")
        score = _score(hit["score"], f"{at}, result {rank}")
        yield _Row(
            name, f":{number}, result {rank}", query_id, intern(str(hit["corpus_id"])), rank, score, text
        )


def _rank(text: str, at: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > _LONGEST_RANK:
        raise QueryError(
            at, f'has the rank "{text[:40]}"', wanted="a whole number", remedy=f"write {_FIELDS}"
        )
    return int(text)


def _score(value: Any, at: str) -> float:
    try:
        score = float(value)
    except (TypeError, ValueError, OverflowError):
        score = math.nan
    if isinstance(value, bool) or not math.isfinite(score):
        found = f"has the score {json.dumps(value, ensure_ascii=False, default=str)[:40]}"
        raise QueryError(at, found, wanted="a finite number", remedy="write the score as a number")
    return score


def _resolved(rows: Iterable[_Row], resolver: Resolver) -> dict[str, str]:
    """The run's names of articles -> their `doc_id`s; a QueryError where the corpus does not have them all."""
    names: dict[str, str] = {}
    unknown: dict[str, str] = {}
    for row in rows:
        if row.doc_id not in names and row.doc_id not in unknown:
            try:
                names[row.doc_id] = resolver.resolve(Citation(doc_id=row.doc_id))
            except CitationError:
                unknown[row.doc_id] = row.at
    if unknown:
        doc_id, at = next(iter(unknown.items()))
        more = f" (and {len(unknown) - 1:,} more)" if len(unknown) > 1 else ""
        remedy = "give a run over this corpus, whose ids are its doc_ids or those of its source"
        raise QueryError(at, f'"{doc_id[:80]}" is no article of this corpus{more}', remedy=remedy)
    return names


def _check_query(ranked: list[_Row], names: dict[str, str]) -> None:
    """A QueryError where one question lists an article twice, or where `ranked`, in order of rank, rises in score."""
    seen: dict[str, _Row] = {}
    for row in ranked:
        if (before := seen.setdefault(names[row.doc_id], row)) is not row:
            found = f"lists {row.doc_id[:80]} for query {row.query_id} again, after {before.at}"
            raise QueryError(row.at, found, remedy="keep one of the two")
    for above, below in pairwise(ranked):
        if above.score < below.score:
            found = f"rank {below.rank} scores {below.score:.6g}, rank {above.rank} ({above.at}) only {above.score:.6g}"
            remedy = "let scores fall with the ranks: articles are ranked by score"
            raise QueryError(below.at, found, remedy=remedy)
