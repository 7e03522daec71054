"""Bringing an index, and the demo with its models, up to date: a plain line and a progress bar for each stage."""

import os
import shutil
import sys
from collections.abc import Callable
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from time import perf_counter
from typing import Any

from tqdm import tqdm

from workbench.corpora import read_corpus
from workbench.domain import Scope
from workbench.encoders import QueryVectors, encoders_for
from workbench.index import build
from workbench.queries import read_queries
from workbench.settings import DEMO_MODELS, Pair

Say = Callable[[str], None]


def query_vectors(home: Path) -> QueryVectors:
    """The vectors of known queries, in the home folder."""
    return QueryVectors(home / "query_vectors.sqlite")


def build_index(pair: Pair, home: Path, say: Say) -> None:
    """Encodes what is new or changed, replaces the index, and encodes the pair's own query sets."""
    began = perf_counter()
    articles = read_corpus(pair.corpus.sources)
    local = sum(article.scope is Scope.LOCAL for article in articles)
    say(f"Corpus: {len(articles):,} articles, {len(articles) - local:,} national and {local:,} local ({perf_counter() - began:.0f} s)")
    encoders = encoders_for(pair, home)
    bars = _Bars({name: f"Encoding, {system.label}" for name, system in pair.systems.items()})
    try:
        report = build(pair.index_uri(home), articles, pair, encoders, bars.show)
    finally:
        bars.close()
    texts = [query.text for path in pair.queries for query in read_queries(path)]
    for encoder in encoders.values() if texts else ():
        query_vectors(home).encode(encoder, texts)
    encoded = ", ".join(f"{pair.systems[name].label} {count:,}" for name, count in report.encoded.items())
    state = "written" if report.replaced else "already up to date"
    say(f"Index: {report.rows:,} rows {state}; encoded now: {encoded} ({perf_counter() - began:.0f} s)")


def build_demo(pair: Pair, home: Path, say: Say) -> None:
    """What is missing of the demo, or was made from other sources than today's; quick where nothing is."""
    trained, built = _Stamp(home / "models" / "made-from", _training_sources()), _Stamp(home / "demo-made-from", _all_sources(pair))
    if built.fits and all((home / "models" / name / "modules.json").is_file() for name in DEMO_MODELS):
        return
    say(f"Building the demo in {home}. This takes about two minutes, once.")
    if not trained.fits:
        for name in DEMO_MODELS:
            shutil.rmtree(home / "models" / name, ignore_errors=True)
        trained.set()
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch loads: waiting threads must not slow a busy machine's others
    from workbench.recipe.demo import train_demo_pair

    train_demo_pair(pair, home, say)
    build_index(pair, home, say)
    built.set()


def _training_sources() -> list[Path]:
    package = Path(str(files("workbench")))
    return [*sorted((package / "recipe").glob("*.py")), *sorted((package / "corpora").glob("*.*")), package / ".." / "sample_queries" / "train.jsonl"]


def _all_sources(pair: Pair) -> list[Path]:
    return [*_training_sources(), Path(pair.file), *(Path(path) for path in pair.queries)]


class _Stamp:
    """A file that says from which sources something was made."""

    def __init__(self, file: Path, sources: list[Path]) -> None:
        self._file = file
        self._state = sha256(b"".join(sha256(source.read_bytes()).digest() for source in sources)).hexdigest()

    @property
    def fits(self) -> bool:
        return self._file.is_file() and self._file.read_text() == self._state

    def set(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(self._state)


class _Bars:
    """A progress bar per system, one after the other."""

    def __init__(self, names: dict[str, str]) -> None:
        self._names, self._bars = names, dict[str, Any]()

    def show(self, system: str, done: int, total: int) -> None:
        if system not in self._bars:
            self.close()
            self._bars[system] = tqdm(total=total, initial=done, desc=self._names[system], unit=" articles", file=sys.stderr)
        self._bars[system].update(done - self._bars[system].n)

    def close(self) -> None:
        for bar in self._bars.values():
            bar.close()
