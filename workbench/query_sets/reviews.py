"""What people judged while spot-checking: an append-only history in SQLite, safe with several people at once."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass, fields, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from filelock import FileLock

from workbench.core.errors import ReviewError

MAX_AUTHOR, MAX_NOTE = 80, 5_000  # characters
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
        seen: int = 0,
    ) -> Review:
        """Keeps a experiment; `seen` is the version that its writer looked at, 0 for none. A newer one is never overwritten."""
        review = Review(
            query, doc_id, author.strip(), verdict, note, pair, dim, at="", version=0, deleted=False
        )
        _check(review)
        with self._database("BEGIN IMMEDIATE") as database:
            current = _newest(database, review)
            if seen or not (current and current.deleted):  # what is deleted looks like none
                _check_seen(current, review, seen)
            return _added(database, review, version=current.version + 1 if current else 1)

    def delete(self, review: Review) -> Review:
        """Takes `review` out of sight; its history stays."""
        if review.deleted:
            raise ReviewError(
                _subject(review), "is deleted already", remedy="undo the deletion to see it again"
            )
        with self._database("BEGIN IMMEDIATE") as database:
            _check_seen(_newest(database, review), review, review.version)
            return _added(database, replace(review, deleted=True), version=review.version + 1)

    def undo(self, review: Review) -> Review:
        """Takes back the change that `review` is: what stood before it comes back as a new version."""
        with self._database("BEGIN IMMEDIATE") as database:
            _check_seen(_newest(database, review), review, review.version)
            earlier = _found(
                database,
                f"{_KEY} AND version = ?",
                review.query,
                review.doc_id,
                review.author,
                review.version - 1,
            )
            return _added(
                database, earlier[0] if earlier else replace(review, deleted=True), version=review.version + 1
            )

    def current(self, *, query: str | None = None, deleted: bool = False) -> list[Review]:
        """The newest version of each review, last changed first; with `deleted`, those out of sight instead."""
        newest = "(query, doc_id, author, version) IN (SELECT query, doc_id, author, max(version) FROM reviews GROUP BY query, doc_id, author)"
        with self._database() as database:
            return _found(
                database, f"deleted = ? AND query = coalesce(?, query) AND {newest}", deleted, query
            )

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


def _check_seen(current: Review | None, review: Review, seen: int) -> None:
    if seen != (current.version if current else 0):
        did = "deleted" if current and current.deleted else "saved"
        found = (
            f"was {did} by {current.author} at {current.at}, after you looked"
            if current
            else "is not in this file"
        )
        raise ReviewError(
            _subject(review), f"{found}; nothing was overwritten", remedy="look again and save again"
        )


def _found(database: sqlite3.Connection, condition: str, *values: object) -> list[Review]:
    rows = database.execute(f"SELECT {_COLUMNS} FROM reviews WHERE {condition} ORDER BY rowid DESC", values)
    reviews = (Review(*row) for row in rows)
    return [
        replace(
            review, verdict=Verdict(review.verdict) if review.verdict else None, deleted=bool(review.deleted)
        )
        for review in reviews
    ]


def _newest(database: sqlite3.Connection, review: Review) -> Review | None:
    return next(iter(_found(database, _KEY, review.query, review.doc_id, review.author)), None)


def _added(database: sqlite3.Connection, review: Review, *, version: int) -> Review:
    added = replace(review, at=datetime.now(UTC).isoformat(timespec="seconds"), version=version)
    database.execute(_ROW, astuple(added))
    return added
