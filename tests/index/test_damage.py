"""A flipped bit in what a build wrote: `verify` finds it, and no number comes from it without a word."""

import json
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import lancedb
import numpy as np
import pytest

from tests.conftest import ARTICLES
from tests.index.test_building import counting, encoded
from workbench import Workbench
from workbench.core.errors import IndexFault
from workbench.core.settings import LexicalSystem, Pair
from workbench.encoders import encoders_for
from workbench.index import Index, build

FLIPS = 20


@pytest.fixture(scope="module")
def lexical(pair: Pair) -> Pair:
    """The tiny pair with a full-text column."""
    return replace(pair, systems=pair.systems | {"bm25": LexicalSystem(label="BM25")})


@pytest.fixture(scope="module")
def built(lexical: Pair, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder with its index."""
    home = tmp_path_factory.mktemp("sound")
    build(lexical.index_uri(home), ARTICLES, lexical, encoders_for(lexical, home))
    return home


@pytest.fixture
def home(built: Path, tmp_path: Path) -> Path:
    """A copy of it, to be damaged."""
    return Path(shutil.copytree(built, tmp_path / "home"))


def folder(pair: Pair, home: Path) -> Path:
    return Path(pair.index_uri(home)) / "articles.lance"


def flip(file: Path, byte: int, bit: int) -> None:
    content = bytearray(file.read_bytes())
    content[byte] ^= 1 << bit
    file.write_bytes(content)


def flip_vector(pair: Pair, home: Path, column: str, row: int, bit: int) -> None:
    """Flips a bit of the first component of one vector where it lies in the data file; `bit`: 0 is the least of the mantissa."""
    vector = np.concatenate(list(Index(pair.index_uri(home)).vector_batches(column)))[row]
    files = (folder(pair, home) / "data").iterdir()
    ((file, content),) = (
        (path, held) for path in files if (held := path.read_bytes()).count(vector.tobytes()) == 1
    )
    flip(file, content.index(vector.tobytes()) + bit // 8, bit % 8)


def figures(pair: Pair, home: Path) -> str:
    """What `evaluate` says of the tiny pair's queries, but for the time it took."""
    workbench = Workbench(pair, home)
    summary = workbench.summary(workbench.evaluate(pair.queries[0]))
    return json.dumps({key: value for key, value in summary.items() if key != "seconds"}, sort_keys=True)


@pytest.mark.parametrize("part", ["data", "_indices"])
def test_random_flips_are_found_and_change_no_figure(
    lexical: Pair, built: Path, tmp_path: Path, part: str
) -> None:
    wanted = figures(lexical, built)
    draw = random.Random(20)
    for number in range(FLIPS):
        home = Path(shutil.copytree(built, tmp_path / str(number)))
        files = sorted(path for path in (folder(lexical, home) / part).rglob("*") if path.is_file())
        file = draw.choices(files, [path.stat().st_size for path in files])[0]
        byte, bit = draw.randrange(file.stat().st_size), draw.randrange(8)
        flip(file, byte, bit)
        try:
            faults = Index(lexical.index_uri(home)).verify(ARTICLES)
        except IndexFault as fault:
            faults = [str(fault)]
        assert faults, f"bit {bit} of byte {byte} of {file.name}"
        try:
            found = figures(lexical, home)
        except IndexFault:
            continue
        assert found == wanted, f"bit {bit} of byte {byte} of {file.name}"


def test_flips_in_what_tells_of_the_rows_change_no_figure_either(
    lexical: Pair, built: Path, tmp_path: Path
) -> None:
    """Manifests, and the tables `builds` and `checksums`: refused in one message, or of no consequence."""
    wanted, draw = figures(lexical, built), random.Random(7)
    for number in range(FLIPS):
        home = Path(shutil.copytree(built, tmp_path / str(number)))
        index = Path(lexical.index_uri(home))
        articles = folder(lexical, home)
        files = [path for path in index.rglob("*") if path.is_file() and path.stat().st_size]
        files = [path for path in files if path.parent != articles / "data"]
        file = draw.choice([path for path in sorted(files) if articles / "_indices" not in path.parents])
        byte, bit = draw.randrange(file.stat().st_size), draw.randrange(8)
        flip(file, byte, bit)
        try:
            found = figures(lexical, home)
        except IndexFault:
            continue
        assert found == wanted, f"bit {bit} of byte {byte} of {file.relative_to(home)}"


@pytest.mark.parametrize(
    ("bit", "what"), [(0, r"not what was built \(checksum\)"), (30, "1 vectors that are not of unit length")]
)
@pytest.mark.parametrize("column", ["base_16", "tuned_4"])
def test_a_flip_in_a_vector_is_told_by_column_and_rows(
    lexical: Pair, home: Path, column: str, bit: int, what: str
) -> None:
    flip_vector(lexical, home, column, 3, bit)
    index = Index(lexical.index_uri(home))
    system, _, dim = column.partition("_")
    message = rf"column {column}: rows \d to \d: {what}; wanted: .*; run `workbench index build"
    readers: dict[str, Callable[[], Any]] = {
        "the sweep": lambda: list(index.vector_batches(column)),
        "a search": lambda: index.search(system, int(dim), np.ones(16, np.float32), 3),
    }
    for reader in readers.values():
        with pytest.raises(IndexFault, match=message):
            reader()
    (fault, *others) = [fault for fault in index.verify() if column in fault]
    assert others == []
    assert fault.startswith(f"{column}, rows ")


def test_what_is_in_memory_or_was_read_before_is_read_anew_once_the_file_has_changed(
    lexical: Pair, home: Path
) -> None:
    index, query = Index(lexical.index_uri(home)), np.ones(16, np.float32)
    index.search("base", 4, query, 3)
    flip_vector(lexical, home, "base_4", 5, 1)
    with pytest.raises(IndexFault, match="column base_4"):
        index.search("base", 4, query, 3)


def test_only_damaged_rows_are_encoded_anew(lexical: Pair, home: Path, tmp_path: Path) -> None:
    uri, log = lexical.index_uri(home), tmp_path / "log"
    flip_vector(lexical, home, "base_4", 5, 1)  # cut from the wide one again
    assert build(uri, ARTICLES, lexical, counting(lexical, log)).replaced
    assert (encoded(log), Index(uri).verify(ARTICLES)) == (0, [])
    flip_vector(lexical, home, "tuned_16", 2, 30)
    report = build(uri, ARTICLES, lexical, counting(lexical, log))
    assert (report.encoded, Index(uri).verify(ARTICLES)) == ({"base": 0, "tuned": 7}, [])
    assert not build(uri, ARTICLES, lexical, counting(lexical, log)).replaced


def test_an_index_from_before_there_were_checksums_gets_them_without_encoding(
    lexical: Pair, home: Path, tmp_path: Path
) -> None:
    uri, log = lexical.index_uri(home), tmp_path / "log"
    lancedb.connect(uri).drop_table("checksums")
    assert not Index(uri).has_checksums
    assert Index(uri).verify(ARTICLES) == []
    assert build(uri, ARTICLES, lexical, counting(lexical, log)).replaced
    assert (encoded(log), Index(uri).has_checksums) == (0, True)


def test_without_checksums_a_vector_that_is_not_of_unit_length_is_refused(lexical: Pair, home: Path) -> None:
    uri = lexical.index_uri(home)
    lancedb.connect(uri).drop_table("checksums")
    flip_vector(lexical, home, "base_16", 3, 30)
    with pytest.raises(
        IndexFault, match="column base_16: rows 3 to 3: 1 vectors that are not of unit length"
    ):
        figures(lexical, home)


def test_damaged_checksums_are_told_and_made_anew(lexical: Pair, home: Path, tmp_path: Path) -> None:
    uri, log = lexical.index_uri(home), tmp_path / "log"
    table = lancedb.connect(uri).open_table("checksums")
    table.update(where="subject = 'base_16'", values={"digests": "0000000000000000"})
    assert "the checksums of base_16 are damaged" in Index(uri).verify(ARTICLES)
    with pytest.raises(IndexFault, match=r"column base_16: .* its checksums are damaged"):
        figures(lexical, home)
    build(uri, ARTICLES, lexical, counting(lexical, log))
    assert Index(uri).verify(ARTICLES) == []
