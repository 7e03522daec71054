"""Builds into object storage that are killed, or lose their connection: what readers see meanwhile, and what is encoded again."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import ARTICLES, WIDTH
from tests.index.test_building import Counting, counting, encoded
from tests.index.test_building_anywhere import MANY
from tests.s3_server import Line, S3Server, line_to
from workbench.core.domain import Article
from workbench.core.errors import IndexFault, StorageFault
from workbench.core.settings import LexicalSystem, Pair, StoredAt
from workbench.core.vectors import Vectors
from workbench.encoders import Encoder, encoders_for
from workbench.index import Index, build

NEW = [replace(article, text=f"{article.text}新") for article in ARTICLES]


@pytest.fixture
def lexical(pair: Pair) -> Pair:
    """With BM25, whose index is written in further commits than the rows."""
    return replace(pair, systems=pair.systems | {"bm25": LexicalSystem(label="BM25")})


def at_write(place: str) -> Callable[[Line], bool]:
    """Whether a line is about to pass on a write below `place`."""
    return lambda line: any(f"/index/{place}" in request for request in line.writes)


def through(line: Line, place: StoredAt) -> StoredAt:
    """The same place as seen through a line; requests that fail are not tried again."""
    return StoredAt(place, {**line.near.options, "client_max_retries": "0"})


def texts(place: StoredAt) -> list[str]:
    index = Index(place)
    assert index.verify() == []
    return [article.text for article in index.articles().values()]


def test_a_line_that_is_cut_in_a_commit_leaves_the_old_index(
    s3: S3Server, place: StoredAt, lexical: Pair, tmp_path: Path
) -> None:
    build(place, ARTICLES, lexical, counting(lexical, tmp_path / "old"))
    for moment in ("articles.lance/data", "articles.lance/_indices", "checksums.lance", "builds.lance/data"):
        with line_to(s3, at_write(moment)) as line, pytest.raises(StorageFault) as caught:
            build(through(line, place), NEW, lexical, counting(lexical, tmp_path / "new"))
        assert caught.value.found == "the storage cannot be reached, or the connection was lost"
        assert texts(place) == [article.text for article in ARTICLES], moment
        s3.unlock(place)
    assert build(place, NEW, lexical, counting(lexical, tmp_path / "new")).replaced
    assert texts(place) == [article.text for article in NEW]
    assert encoded(tmp_path / "new") == 2 * len(NEW)


class Quick:
    """An encoder with vectors of chance, for a process that need not load a model before it is killed."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def __getattr__(self, name: str) -> Any:
        return getattr(self._encoder, name)

    def prepare(self) -> list[str]:
        return []

    def encode_documents(
        self, texts: Sequence[str], *, progress: Callable[[int], None] = lambda _: None
    ) -> Vectors:
        vectors = np.random.default_rng(0).standard_normal((len(texts), WIDTH), np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _build(uri: str, options: dict[str, str], articles: Sequence[Article], pair: Pair, log: Path) -> None:
    quick = {name: Counting(Quick(one), log, 0.3) for name, one in encoders_for(pair, Path()).items()}
    build(StoredAt(uri, options), articles, pair, quick)


def start(place: StoredAt, articles: Sequence[Article], pair: Pair, log: Path) -> SpawnProcess:
    """Builds in a process of its own, slowly."""
    arguments = (str(place), place.options, articles, pair, log)
    process = multiprocessing.get_context("spawn").Process(target=_build, args=arguments)
    process.start()
    return process


def kill(process: SpawnProcess) -> None:
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    assert process.exitcode == -signal.SIGKILL


def test_a_build_killed_in_its_commit_leaves_the_old_index(
    s3: S3Server, place: StoredAt, lexical: Pair, tmp_path: Path
) -> None:
    build(place, ARTICLES, lexical, counting(lexical, tmp_path / "old"))
    log = tmp_path / "new"
    with line_to(s3, at_write("articles.lance/_versions")) as line:
        process = start(through(line, place), NEW, lexical, log)
        while not line.is_cut and process.is_alive():
            time.sleep(0.01)
        kill(process)
    assert texts(place) == [article.text for article in ARTICLES]
    s3.unlock(place)
    assert build(place, NEW, lexical, counting(lexical, log)).encoded == {"base": 0, "tuned": 0}
    assert texts(place) == [article.text for article in NEW]


def test_a_build_killed_while_it_encodes_keeps_what_it_committed(
    s3: S3Server, place: StoredAt, pair: Pair, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    process = start(place, MANY, pair, log)
    while encoded(log) < 1024 and process.is_alive():
        time.sleep(0.01)
    kill(process)
    first = encoded(log)
    assert first < 2 * len(MANY)
    with pytest.raises(IndexFault, match="holds no index"):
        Index(place)
    with pytest.raises(IndexFault, match=f"is being built by .*, process {process.pid}, since"):
        build(place, MANY, pair, counting(pair, log))
    s3.unlock(place)
    report = build(place, MANY, pair, counting(pair, log))
    assert encoded(log) - first == sum(report.encoded.values()) < 2 * len(MANY)
    assert Index(place).verify(MANY) == []
