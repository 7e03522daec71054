"""Query vectors kept in the home folder, so that nothing is encoded twice and no model loads for known queries.

Each has a checksum: what is no longer the vector that was kept counts as unknown, and is encoded anew.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from workbench.core.digests import digest
from workbench.core.errors import EncoderError
from workbench.core.vectors import Vectors
from workbench.encoders.protocol import Encoder

_CHUNK = 500  # SQLite's limit on placeholders is far above


class QueryVectors:
    """A SQLite file of query vectors by encoder fingerprint and text; safe with several processes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._opened() as database:
            database.execute("PRAGMA journal_mode=WAL")
            database.execute(
                "CREATE TABLE IF NOT EXISTS vectors (fingerprint TEXT, text TEXT, vector BLOB, PRIMARY KEY (fingerprint, text))"
            )
            if "checksum" not in {row[1] for row in database.execute("PRAGMA table_info(vectors)")}:
                database.execute("ALTER TABLE vectors ADD COLUMN checksum BLOB")

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self._path, timeout=30)) as database, database:
                yield database
        except (OSError, sqlite3.Error) as fault:
            remedy = "remove that file, it is made anew; or choose another folder with --home"
            raise EncoderError(str(self._path), f"cannot be used ({fault})", remedy=remedy) from fault

    def encode(self, encoder: Encoder, texts: Sequence[str]) -> Vectors:
        """Vectors of `texts` in their order, (n, d) float32; only unknown texts are encoded, then kept."""
        known = self._known(encoder.query_fingerprint, texts)
        if unknown := [text for text in dict.fromkeys(texts) if text not in known]:
            new = dict(zip(unknown, encoder.encode_queries(unknown), strict=True))
            self.put(encoder, new)
            known |= new
        return np.stack([known[text] for text in texts])

    def put(self, encoder: Encoder, vectors: Mapping[str, Vectors]) -> None:
        """Keeps vectors of texts, (d,) float32 each, as what `encoder` makes of them."""
        fingerprint = encoder.query_fingerprint
        kept = {text: vector.astype("<f4").tobytes() for text, vector in vectors.items()}
        rows = [(fingerprint, text, blob, digest(fingerprint, text, blob)) for text, blob in kept.items()]
        with self._opened() as database:
            database.executemany(
                "INSERT OR REPLACE INTO vectors (fingerprint, text, vector, checksum) VALUES (?, ?, ?, ?)",
                rows,
            )

    def holds(self, encoder: Encoder, texts: Sequence[str]) -> bool:
        return len(self._known(encoder.query_fingerprint, texts)) == len(set(texts))

    def _known(self, fingerprint: str, texts: Sequence[str]) -> dict[str, Vectors]:
        wanted = list(dict.fromkeys(texts))
        found: dict[str, Vectors] = {}
        with self._opened() as database:
            for start in range(0, len(wanted), _CHUNK):
                chunk = wanted[start : start + _CHUNK]
                marks = ",".join("?" * len(chunk))
                query = (
                    f"SELECT text, vector, checksum FROM vectors WHERE fingerprint = ? AND text IN ({marks})"
                )
                found |= {
                    text: np.frombuffer(blob, "<f4")
                    for text, blob, checksum in database.execute(query, (fingerprint, *chunk))
                    # none: kept by an earlier version
                    if checksum is None or checksum == digest(fingerprint, text, blob)
                }
        return found
