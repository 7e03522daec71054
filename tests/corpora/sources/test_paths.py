"""Paths at which nothing can be read: every source says which one, and what is wrong with it, in one line."""

import os
from pathlib import Path

import pytest

from tests.corpus_files import read
from workbench.core.errors import CorpusError
from workbench.corpora import read_corpus
from workbench.corpora.paths import existing_path
from workbench.corpora.sources import source_of

KINDS = ["lawrefbook", "lawvault-data-pack", "beir", "triplets", "jsonl", "csv", "parquet"]
FAULTS = [
    ("nowhere", "does not exist"),
    ("file/inside", "does not exist"),
    ("a\0b", "holds a NUL character"),
    ("x" * 300, "is longer than the system allows"),
    ("x/" * 3_000, "is longer than the system allows"),
    ("loop", r"cannot be read \(Too many levels of symbolic links\)"),
]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "file").write_text("", encoding="utf-8")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    return tmp_path


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("path", "fault"), FAULTS)
def test_a_path_at_which_nothing_can_be_read(home: Path, kind: str, path: str, fault: str) -> None:
    with pytest.raises(CorpusError, match=f": {fault}; ") as raised:
        read(kind, home / path)
    assert len(str(raised.value)) < 300


@pytest.mark.parametrize(("path", "fault"), FAULTS)
def test_a_path_in_the_home_folder(home: Path, path: str, fault: str) -> None:
    with pytest.raises(CorpusError, match=f": {fault}; correct `path` in the pair file"):
        read_corpus([source_of("jsonl", path=f"home:{path}")], home)


def test_a_folder_that_may_not_be_entered(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: Path) -> os.stat_result:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "stat", refused)
    with pytest.raises(CorpusError, match=r"inside: cannot be read \(Permission denied\); correct `path`"):
        existing_path(home / "inside")
