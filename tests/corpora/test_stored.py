"""Articles on a disk are those that were put there, in the order of Python's strings."""

import gc
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import ARTICLES
from workbench.core.domain import Article, Level
from workbench.core.errors import CorpusError
from workbench.corpora import stored
from workbench.corpora.merging import Merger
from workbench.corpora.report import SourceReport
from workbench.corpora.stored import ArticleStore, StoredArticles

ODD = Article(
    "法𠀀'\"%", "第一条", " 甲\n乙\t", Level.DEPARTMENT_RULE, "省", "部", "章", "2020-01-01", "2020-02-01", "律", True, "c1"
)  # fmt: skip


def test_what_is_read_is_what_was_stored_as_often_as_wanted() -> None:
    kept = StoredArticles.of([ODD, *ARTICLES])
    assert list(kept) == list(kept) == [ODD, *ARTICLES]
    assert len(kept) == 1 + len(ARTICLES)
    assert ODD in kept
    assert replace(ODD, text="乙") not in kept
    assert StoredArticles.of(kept) is kept


def test_none_at_all() -> None:
    assert not StoredArticles.of([])
    assert list(StoredArticles.of([])) == []


def test_two_readers_do_not_disturb_each_other() -> None:
    kept = StoredArticles.of(ARTICLES)
    assert list(zip(kept, kept, strict=True)) == list(zip(ARTICLES, ARTICLES, strict=True))


def test_another_thread_can_read() -> None:
    kept, found = StoredArticles.of(ARTICLES), list[Article]()
    thread = Thread(target=lambda: found.extend(kept))
    thread.start()
    thread.join()
    assert found == list(ARTICLES)


@settings(deadline=None)
@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"], exclude_characters="#"), min_size=1),
        max_size=9,
    )
)
def test_a_corpus_is_in_the_order_of_python_s_strings(numbers: list[str]) -> None:
    """Also of characters beyond the first 65,536, which UTF-16 sorts otherwise."""
    merger = Merger()
    articles = [Article("法", number, "…", Level.LAW) for number in [*numbers, "\U00020000", "\uffe5"]]
    merger.add(articles, SourceReport())
    doc_ids = [article.doc_id for article in merger.articles()]
    assert doc_ids == sorted({article.doc_id for article in articles})


def many(count: int) -> Iterator[Article]:
    return (Article(f"法{number // 50}", f"第{number}条", "渡" * 300, Level.LAW) for number in range(count))


def files() -> int:
    """How many of SQLite's temporary files this process holds."""
    return sum(
        "etilqs_" in os.readlink(entry) for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink()
    )


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="only Linux lists a process' files so")
def test_its_file_is_there_while_anybody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    gc.collect()
    before = files()
    small = StoredArticles.of(many(10))
    assert files() == before  # in memory
    monkeypatch.setattr(stored, "CACHE", 1 << 16)
    kept = StoredArticles.of(many(1000))
    assert files() > before
    reader = iter(kept)
    next(reader)
    del kept
    gc.collect()
    assert sum(1 for _ in reader) == 999
    del reader
    gc.collect()
    assert files() == before
    assert len(list(small)) == 10


def test_a_full_disk_is_said() -> None:
    store = ArticleStore()
    store.run("PRAGMA max_page_count = 20")
    with pytest.raises(CorpusError, match=r"has no room for the corpus .*; make room there, or name"):
        store.add(many(1000))
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        ArticleStore().run("SELECT 1 FROM nobody")  # any other fault stays what it is
