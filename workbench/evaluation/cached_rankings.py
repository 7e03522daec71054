"""Rankings kept in the home folder, so that a query set is swept once for each build of the index."""

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.core.domain import Hit
from workbench.evaluation.ranks import Ranking


class CachedRankings:
    """One JSON file for each thing ranked; what it is ranked by is in its name, so nothing in it can be out of date."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: Mapping[str, Any]) -> dict[int, Ranking] | None:
        """Rankings by dimension, where these were kept before; a file that cannot be read counts as none."""
        try:
            found = json.loads(self._file(key).read_bytes())
            return {int(dim): _ranking(**row) for dim, row in found.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return None

    def put(self, key: Mapping[str, Any], rankings: Mapping[int, Ranking]) -> None:
        """Keeps them, whole or not at all."""
        rows = {
            dim: {"ranks": one.ranks, "displaced": one.displaced, "hits": _plain(one.hits)}
            for dim, one in rankings.items()
        }
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=self._folder, delete=False) as file:
            json.dump(rows, file, ensure_ascii=False, separators=(",", ":"))
        os.replace(file.name, self._file(key))

    def _file(self, key: Mapping[str, Any]) -> Path:
        return (
            self._folder / f"{hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:32]}.json"
        )


def _plain(hits: Mapping[str, list[Hit]]) -> dict[str, list[tuple[str, float]]]:
    return {query_id: [(hit.doc_id, hit.score) for hit in listed] for query_id, listed in hits.items()}


def _ranking(
    ranks: dict[str, dict[str, int]],
    displaced: dict[str, dict[str, int]],
    hits: dict[str, list[tuple[str, float]]],
) -> Ranking:
    return Ranking(
        ranks, displaced, {query_id: [Hit(*hit) for hit in listed] for query_id, listed in hits.items()}
    )
