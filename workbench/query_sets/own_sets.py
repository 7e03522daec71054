"""Query sets of one's own: JSON lines files in the home folder, whole whatever happens, safe with several processes."""

import json
import os
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from filelock import FileLock, Timeout

from workbench.core.domain import Citation, Query
from workbench.core.errors import QueryError
from workbench.corpora.citations import article_number, law_key
from workbench.corpora.report import SourceReport
from workbench.query_sets.formats import parse_queries, query_line, read_queries
from workbench.query_sets.query_set import MAX_QUERIES, query_text

MAX_NAME = 60  # characters: with four bytes each, the name of the file still has fewer than 255
_PATIENCE = 30  # seconds
_LAST_NUMBERS = ".last_numbers.json"  # highest number ever given in a set, so that none comes again


def set_name(text: str) -> str:
    """`text` as the name of a query set: NFC, no white space around it; a QueryError where it cannot be one.

    >>> set_name(" 名字 2 ")
    '名字 2'
    """
    name = unicodedata.normalize("NFC", text).strip()
    allowed = all(char in "-_ " or unicodedata.category(char)[0] in "LMN" for char in name)
    if not allowed or not 0 < len(name) <= MAX_NAME:
        wanted = f"1 to {MAX_NAME} letters, digits, -, _ or spaces"
        raise QueryError(
            "name of the query set", f"is {text[:MAX_NAME]!r}", wanted=wanted, remedy="choose another"
        )
    return name


class OwnSets:
    """The query sets of one folder; every change puts a whole new file in the old one's place, under a lock.

    `taken`: names that other query sets have.
    """

    def __init__(self, folder: Path, taken: Collection[str] = ()) -> None:
        self._folder = folder
        self._taken = taken

    def paths(self) -> dict[str, Path]:
        """Name -> file, in the order of the names."""
        files = [path for path in self._folder.glob("*.jsonl") if not path.name.startswith(".")]
        return dict(sorted((unicodedata.normalize("NFC", path.stem), path) for path in files))

    def add(self, name: str, text: str, citations: Sequence[Citation]) -> Query:
        """The question with these citations; where the set asks it already, they join those it has."""
        name = self._own_name(name)
        text = query_text(text)
        with self._locked():
            before = self._queries(name)
            earlier = next((query for query in before if query.text == text), None)
            if not earlier:
                earlier = Query(f"{name}-{self._last_number(name, before) + 1:03}", text)
            citations = _distinct((*earlier.relevant, *citations))
            query = _as_read(replace(earlier, relevant=citations), name)
            after = {other.query_id: other for other in before} | {query.query_id: query}
            self._replace(name, before, list(after.values()))
        return query

    def remove(self, name: str, query_id: str) -> Query:
        """Takes a question out of a set; with its last question a set is gone."""
        name = set_name(name)
        with self._locked():
            before = self._queries(name)
            removed = next((query for query in before if query.query_id == query_id), None)
            if not removed:
                raise QueryError(
                    f'query set "{name}"',
                    f'has no query "{query_id}"',
                    remedy="look again, it may have been removed already",
                )
            self._replace(name, before, [query for query in before if query is not removed])
        return removed

    def store(
        self,
        name: str,
        content: bytes,
        file_name: str,
        *,
        most: int | None = MAX_QUERIES,
        replace: bool = False,
        report: SourceReport | None = None,
    ) -> Path:
        """Makes a set of an upload called `file_name`; all of it is understood before anything is written.

        `report` takes what was taken for granted in reading it.
        """
        name = self._own_name(name)
        queries = parse_queries(content, file_name, most=most, report=report)
        with self._locked():
            if self._file(name).exists() and not replace:
                raise QueryError(
                    f'query set "{name}"', "is there already", remedy="choose another name, or replace it"
                )
            self._replace(name, [], queries)
            return self._file(name)

    def _own_name(self, text: str) -> str:
        name = set_name(text)
        if name in self._taken:
            raise QueryError(
                f'query set "{name}"', "belongs to the pair, and stays as it is", remedy="choose another name"
            )
        return name

    def _file(self, name: str) -> Path:
        return self.paths().get(name, self._folder / f"{name}.jsonl")

    def _queries(self, name: str) -> list[Query]:
        return read_queries(self._file(name)) if self._file(name).exists() else []

    def _last_numbers(self) -> dict[str, int]:
        path = self._folder / _LAST_NUMBERS
        try:
            return dict(json.loads(path.read_bytes()))
        except FileNotFoundError:
            return {}
        except (ValueError, TypeError) as fault:
            raise QueryError(
                str(path), "is damaged", remedy="delete it; numbers of removed questions may then come again"
            ) from fault

    def _last_number(self, name: str, queries: Iterable[Query]) -> int:
        # Python reads no number of 4,301 digits.
        numbered = re.compile(rf"{re.escape(name)}-([0-9]{{1,4000}})")
        matches = (numbered.fullmatch(query.query_id) for query in queries)
        return max([self._last_numbers().get(name, 0), *(int(match[1]) for match in matches if match)])

    def _replace(self, name: str, before: Sequence[Query], after: Sequence[Query]) -> None:
        # Numbers first: a process killed in between leaves a gap in them, never one given twice.
        numbers = self._last_numbers() | {name: self._last_number(name, (*before, *after))}
        self._write(self._folder / _LAST_NUMBERS, json.dumps(numbers, ensure_ascii=False))
        if after:
            self._write(self._file(name), "".join(f"{query_line(query)}\n" for query in after))
        else:
            self._file(name).unlink()

    def _write(self, path: Path, text: str) -> None:
        new = self._folder / ".new"
        with new.open("wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self._folder / ".lock", timeout=_PATIENCE):
                yield
        except Timeout as fault:
            raise QueryError(
                str(self._folder), "is being changed by another process", remedy="try again"
            ) from fault
        except OSError as fault:
            raise QueryError(
                str(self._folder),
                f"cannot be written ({fault.strerror})",
                remedy="make room, or let this user write there",
            ) from fault


def _distinct(citations: Iterable[Citation]) -> tuple[Citation, ...]:
    """One citation an article, in the first of its spellings."""
    first: dict[tuple[str, ...], Citation] = {}
    for citation in citations:
        first.setdefault(_article_key(citation), citation)
    return tuple(first.values())


def _article_key(citation: Citation) -> tuple[str, ...]:
    """The same for all spellings of one article."""
    if citation.doc_id:
        return (citation.doc_id,)
    return law_key(citation.law), article_number(citation.article), citation.part


def _as_read(query: Query, name: str) -> Query:
    """What will be read back, or the QueryError that reading would raise: a set never holds a line that cannot be read."""
    return parse_queries(query_line(query).encode("utf-8", "surrogatepass"), f'query set "{name}"')[0]
