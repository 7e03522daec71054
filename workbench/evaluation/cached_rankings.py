"""Rankings cached in the home folder, so that a query set is swept once for each build of the index."""

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.core.digests import digest
from workbench.core.domain import Hit
from workbench.evaluation.ranks import Ranking


class CachedRankings:
    """One file for each thing ranked: a checksum, and JSON in the next line.

    What it is ranked by is in the file's name, so nothing in it can be out of date.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: Mapping[str, Any]) -> dict[int, Ranking] | None:
        """Cached rankings by dimension; None where there are none, or their file is not what was put there."""
        try:
            checksum, _, content = self._file(key).read_bytes().partition(b"\n")
            if checksum != _checksum(content):
                return None
            rows = json.loads(content)
            return {int(dim): _ranking(**row) for dim, row in rows.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return None

    def put(self, key: Mapping[str, Any], rankings: Mapping[int, Ranking]) -> None:
        """Caches rankings by dimension, whole or not at all."""
        rows = {
            dim: {
                "ranks": ranking.ranks,
                "displaced": ranking.displaced,
                "hits": _hit_rows(ranking.hits),
                "found": ranking.found,
            }
            for dim, ranking in rankings.items()
        }
        self._folder.mkdir(parents=True, exist_ok=True)
        content = json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()
        with tempfile.NamedTemporaryFile("wb", dir=self._folder, delete=False) as file:
            file.write(_checksum(content) + b"\n" + content)
        os.replace(file.name, self._file(key))

    def _file(self, key: Mapping[str, Any]) -> Path:
        name = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
        return self._folder / f"{name[:32]}.json"


def _checksum(content: bytes) -> bytes:
    return digest(content).hex().encode()


def _hit_rows(hits: Mapping[str, list[Hit]]) -> dict[str, list[tuple[str, float]]]:
    return {query_id: [(hit.doc_id, hit.score) for hit in row] for query_id, row in hits.items()}


def _ranking(
    ranks: dict[str, dict[str, int]],
    displaced: dict[str, dict[str, int]],
    hits: dict[str, list[tuple[str, float]]],
    found: dict[str, int],
) -> Ranking:
    hits_by_query = {query_id: [Hit(*hit) for hit in row] for query_id, row in hits.items()}
    return Ranking(ranks, displaced, hits_by_query, found)
