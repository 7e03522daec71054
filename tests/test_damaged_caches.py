"""What is kept from before has a checksum: what is no longer what was kept is made anew, or told where it cannot be."""

import json
import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import lancedb
import numpy as np
import pytest

from tests.conftest import ARTICLES
from tests.index.test_building import counting, encoded
from workbench.core.domain import Hit
from workbench.core.errors import IndexFault
from workbench.core.settings import Pair
from workbench.core.vectors import Vectors
from workbench.encoders import Encoder, QueryVectors, encoders_for
from workbench.evaluation.cached_rankings import CachedRankings
from workbench.evaluation.ranks import Ranking
from workbench.index import (
    Index,
    adopt_query_vectors,
    build,
    building,
    read_training,
    sidecar_faults,
    write_query_vectors,
    write_training,
)
from workbench.index.building import filling
from workbench.query_sets.contamination import TrainingQuery

TEXTS = ["渡船最多坐几个人", "谁看灯塔"]


class Asked:
    """An encoder that notes the questions it was given."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder, self.texts = encoder, list[str]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._encoder, name)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        self.texts += texts
        return self._encoder.encode_queries(texts)


def damage_vector(file: Path, text: str) -> None:
    with sqlite3.connect(file) as database:
        (blob,) = database.execute("SELECT vector FROM vectors WHERE text = ?", (text,)).fetchone()
        changed = bytes([blob[0] ^ 1]) + blob[1:]
        database.execute("UPDATE vectors SET vector = ? WHERE text = ?", (changed, text))


def test_a_damaged_query_vector_is_encoded_anew(pair: Pair, home: Path, tmp_path: Path) -> None:
    asked, file = Asked(encoders_for(pair, home)["base"]), tmp_path / "vectors.sqlite"
    encoder, kept = cast(Encoder, asked), QueryVectors(file)
    before = kept.encode(encoder, TEXTS)
    damage_vector(file, TEXTS[1])
    assert not kept.holds(encoder, TEXTS)
    np.testing.assert_array_equal(kept.encode(encoder, TEXTS), before)
    np.testing.assert_array_equal(kept.encode(encoder, TEXTS), before)
    assert asked.texts == [*TEXTS, TEXTS[1]]


def test_query_vectors_of_an_earlier_version_are_taken_as_they_are(
    pair: Pair, home: Path, tmp_path: Path
) -> None:
    encoder, file = encoders_for(pair, home)["base"], tmp_path / "vectors.sqlite"
    before = QueryVectors(file).encode(encoder, TEXTS)
    with sqlite3.connect(file) as database:
        database.execute("ALTER TABLE vectors DROP COLUMN checksum")
    kept = QueryVectors(file)
    assert kept.holds(encoder, TEXTS)
    np.testing.assert_array_equal(kept.encode(encoder, TEXTS), before)


def test_damaged_rankings_are_none(tmp_path: Path) -> None:
    cache, key = CachedRankings(tmp_path), {"build": "b"}
    rankings = {16: Ranking({"q": {"d": 3}}, {"q": {"d": 1}}, {"q": [Hit("e", 0.5)]})}
    cache.put(key, rankings)
    assert cache.get(key) == rankings
    (file,) = tmp_path.iterdir()
    content = file.read_bytes()
    for place in range(len(content)):
        file.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert cache.get(key) is None, f"byte {place}"


@pytest.fixture
def uri(pair: Pair, home: Path, tmp_path: Path) -> str:
    """A copy of the tiny index with both tables beside it."""
    uri = str(shutil.copytree(pair.index_uri(home), tmp_path / "index"))
    write_training(uri, [TrainingQuery("谁", frozenset(["a", "b"])), TrainingQuery("几", frozenset())])
    write_query_vectors(uri, TEXTS, encoders_for(pair, home), QueryVectors(tmp_path / "vectors.sqlite"))
    return uri


def test_a_damaged_training_query_is_told(uri: str) -> None:
    assert read_training(uri) is not None
    assert sidecar_faults(uri) == []
    lancedb.connect(uri).open_table("training").update(where="text = '谁'", values={"text": "谁?"})
    with pytest.raises(IndexFault, match=r"table training: 1 of 2 training queries are not what was written"):
        read_training(uri)
    assert len(sidecar_faults(uri)) == 1


def test_a_damaged_vector_of_a_known_query_is_not_adopted(
    pair: Pair, home: Path, uri: str, tmp_path: Path
) -> None:
    encoders = encoders_for(pair, home)
    table = lancedb.connect(uri).open_table("queries")
    table.update(where=f"text = '{TEXTS[0]}'", values={"components": [1.0] * 16})
    assert sidecar_faults(uri) == ["the table queries: 2 vectors are not what was written (checksum)"]
    vectors = QueryVectors(tmp_path / "another.sqlite")
    adopt_query_vectors(uri, encoders, vectors)
    for encoder in encoders.values():
        assert [vectors.holds(encoder, [text]) for text in TEXTS] == [False, True]


def test_a_table_that_cannot_be_read_is_no_obstacle(pair: Pair, home: Path, uri: str, tmp_path: Path) -> None:
    for file in (Path(uri) / "queries.lance" / "data").iterdir():
        file.write_bytes(b"damaged")
    adopt_query_vectors(uri, encoders_for(pair, home), QueryVectors(tmp_path / "another.sqlite"))
    (fault,) = sidecar_faults(uri)
    assert fault.startswith("the table queries: cannot be read")


@pytest.mark.parametrize("stage", ["a part", "a unit", "a record"])
def test_what_is_staged_and_damaged_is_encoded_anew(
    pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    """As a build leaves it that was stopped: in the midst of a unit, or before it could replace the table."""
    uri, log = str(tmp_path / "index"), tmp_path / "log"

    def stopped(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        if stage == "a part":
            patched.setattr(filling, "FIRST_BATCH", 3)
            patched.setattr(filling, "write_vectors", stopped)
        else:
            patched.setattr(building, "replace_table", stopped)
        with pytest.raises(KeyboardInterrupt):
            build(uri, ARTICLES, pair, counting(pair, log))
    # the base system's whole unit, of the tuned one's nothing or all; of the parts the first, of three rows
    before, anew = (7, 7 + 3) if stage == "a part" else (14, 7)
    assert encoded(log) == before
    flip_staged(Path(uri), stage, encoders_for(pair, tmp_path)["base"])
    build(uri, ARTICLES, pair, counting(pair, log))
    assert encoded(log) == before + anew
    assert Index(uri).verify(ARTICLES) == []
    build(str(tmp_path / "fresh"), ARTICLES, pair, encoders_for(pair, tmp_path))
    fresh = lancedb.connect(str(tmp_path / "fresh")).open_table("articles").to_arrow()
    assert lancedb.connect(uri).open_table("articles").to_arrow() == fresh.replace_schema_metadata(
        lancedb.connect(uri).open_table("articles").schema.metadata
    )


def flip_staged(index: Path, stage: str, encoder: Encoder) -> None:
    """Flips one bit of what is staged of a system: of a vector, or of what is recorded of a whole unit."""
    (folder,) = (index / "staging").glob(f"{encoder.document_fingerprint}_*")
    records = list(folder.glob("*.json"))
    if stage == "a record":
        file, place = records[0], 40
    elif stage == "a unit":
        told = json.loads(json.loads(records[0].read_text())["record"])
        file = index / "articles.lance" / "data" / told["hashes"]["file"]
        place = 100
    else:
        file = min(folder.glob("*/*.arrow"), key=lambda path: path.stat().st_size)
        place = -200
    content = bytearray(file.read_bytes())
    content[place] ^= 1
    file.write_bytes(content)
