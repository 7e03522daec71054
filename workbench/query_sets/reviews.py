"""What people said of answers while spot-checking: an append-only history in SQLite, safe with several people at once."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass, fields, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from filelock import FileLock

from workbench.core.errors import ReviewError

MAX_AUTHOR = 80  # characters
MAX_NOTE = 5_000  # characters
_PATIENCE = 30  # seconds


class Verdict(StrEnum):
    """How well an article answers a question."""

    RELEVANT = "relevant"
    PARTLY = "partly relevant"
    NOT_RELEVANT = "not relevant"


@dataclass(frozen=True, slots=True)
class Review:
    """One version of what `author` says of an article for a question; `doc_id` is empty for the question as a whole.

    `verdict` is None for a note alone; `pair` and `dim` are what was looked at; `at` is ISO 8601 in UTC, to the second;
    versions count from 1 for each query, article and author.
    """

    query: str
    doc_id: str
    author: str
    verdict: Verdict | None
    note: str
    pair: str
    dim: int
    at: str
    version: int
    deleted: bool


_COLUMNS = ", ".join(field.name for field in fields(Review))
_KEY = "query = ? AND doc_id = ? AND author = ?"
_IS_NEWEST = (
    "(query, doc_id, author, version) IN "
    "(SELECT query, doc_id, author, max(version) FROM reviews GROUP BY query, doc_id, author)"
)
_TABLE = f"CREATE TABLE IF NOT EXISTS reviews ({_COLUMNS}, PRIMARY KEY (query, doc_id, author, version))"
_ROW = f"INSERT INTO reviews ({_COLUMNS}) VALUES ({', '.join('?' * len(fields(Review)))})"
_REMEDIES = {
    "SQLITE_NOTADB": "move that file away, and a new one is made",
    "SQLITE_CORRUPT": "move that file away, or put a backup in its place",
    "SQLITE_BUSY": "try again, another process is writing",
}


class Reviews:
    """The reviews of one SQLite file; every change adds a row, and none is ever overwritten."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # SQLite does not wait its turn when two processes change a new file's journal mode.
            with (
                FileLock(f"{path}.lock", timeout=_PATIENCE),
                self._database("PRAGMA journal_mode=WAL") as database,
            ):
                database.execute(_TABLE)
        except OSError as fault:
            raise ReviewError(
                str(path), f"cannot be made ({fault})", remedy="give a home folder that can be written"
            ) from fault

    def save(
        self,
        query: str,
        doc_id: str,
        author: str,
        verdict: Verdict | None,
        note: str,
        *,
        pair: str,
        dim: int,
        looked_at: int = 0,
    ) -> Review:
        """Adds a review; `looked_at` is the version that its writer saw, 0 for none. A newer one is never overwritten."""
        review = Review(
            query, doc_id, author.strip(), verdict, note, pair, dim, at="", version=0, deleted=False
        )
        _check(review)
        with self._database("BEGIN IMMEDIATE") as database:
            current = _newest(database, review)
            if looked_at or not (current and current.deleted):  # what is deleted looks like none
                _check_newest(current, review, looked_at)
            return _insert(database, review, version=current.version + 1 if current else 1)

    def delete(self, review: Review) -> Review:
        """Takes `review` out of sight; its history stays."""
        if review.deleted:
            raise ReviewError(
                _subject(review), "is deleted already", remedy="undo the deletion to see it again"
            )
        with self._database("BEGIN IMMEDIATE") as database:
            _check_newest(_newest(database, review), review, review.version)
            return _insert(database, replace(review, deleted=True), version=review.version + 1)

    def undo(self, review: Review) -> Review:
        """Takes back the change that `review` is: what stood before it comes back as a new version."""
        with self._database("BEGIN IMMEDIATE") as database:
            _check_newest(_newest(database, review), review, review.version)
            key = (review.query, review.doc_id, review.author)
            earlier = _select(database, f"{_KEY} AND version = ?", *key, review.version - 1)
            restored = earlier[0] if earlier else replace(review, deleted=True)
            return _insert(database, restored, version=review.version + 1)

    def current(self, *, query: str | None = None, deleted: bool = False) -> list[Review]:
        """The newest version of each review, last changed first; with `deleted`, those out of sight instead."""
        condition = f"deleted = ? AND query = coalesce(?, query) AND {_IS_NEWEST}"
        with self._database() as database:
            return _select(database, condition, deleted, query)

    @contextmanager
    def _database(self, first: str = "BEGIN") -> Iterator[sqlite3.Connection]:
        try:
            with (
                closing(sqlite3.connect(self._path, timeout=_PATIENCE, isolation_level=None)) as database,
                database,
            ):
                database.execute(first)
                yield database
        except UnicodeEncodeError as fault:
            raise ReviewError(
                "review", "holds half a surrogate pair", remedy="remove that character"
            ) from fault
        except sqlite3.Error as fault:
            remedy = _REMEDIES.get(
                getattr(fault, "sqlite_errorname", ""), "see that this file and its folder can be written"
            )
            raise ReviewError(str(self._path), f"cannot be used ({fault})", remedy=remedy) from fault


def _subject(review: Review) -> str:
    return f'review of "{review.query[:40]}" by {review.author}'


def _check(review: Review) -> None:
    if not review.author:
        raise ReviewError("author", "is empty", remedy="say who you are")
    if review.verdict is None and not review.note.strip():
        raise ReviewError(
            "review", "has neither a verdict nor a note", remedy="choose a verdict, or write a note"
        )
    for name, text, most in (("author", review.author, MAX_AUTHOR), ("note", review.note, MAX_NOTE)):
        if len(text) > most:
            raise ReviewError(
                name, f"has {len(text):,} characters", wanted=f"{most:,} at most", remedy="shorten it"
            )


def _check_newest(current: Review | None, review: Review, looked_at: int) -> None:
    if looked_at == (current.version if current else 0):
        return
    found = "is not in this file"
    if current:
        change = "deleted" if current.deleted else "saved"
        found = f"was {change} by {current.author} at {current.at}, after you looked"
    raise ReviewError(
        _subject(review), f"{found}; nothing was overwritten", remedy="look again and save again"
    )


def _select(database: sqlite3.Connection, condition: str, *values: object) -> list[Review]:
    rows = database.execute(f"SELECT {_COLUMNS} FROM reviews WHERE {condition} ORDER BY rowid DESC", values)
    return [_as_typed(Review(*row)) for row in rows]


def _as_typed(row: Review) -> Review:
    """`row` with the types of Review: SQLite knows text and numbers only."""
    verdict = Verdict(row.verdict) if row.verdict else None
    return replace(row, verdict=verdict, deleted=bool(row.deleted))


def _newest(database: sqlite3.Connection, review: Review) -> Review | None:
    return next(iter(_select(database, _KEY, review.query, review.doc_id, review.author)), None)


def _insert(database: sqlite3.Connection, review: Review, *, version: int) -> Review:
    inserted = replace(review, at=datetime.now(UTC).isoformat(timespec="seconds"), version=version)
    database.execute(_ROW, astuple(inserted))
    return inserted
