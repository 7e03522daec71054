"""The LawVault app's data pack: a small one, written here, and broken ones."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.corpus_files import FERRY, PLACE, read, report_of
from workbench.core.domain import Article, Level
from workbench.core.errors import CorpusError

COLUMNS = (
    "id",
    "content",
    "law_name",
    "category",
    "region",
    "publish_date",
    "part",
    "chapter",
    "article_number",
)
CHUNK = (
    7,
    "第二条 渡船载客不得超过核定人数。",
    FERRY,
    "法律",
    "全国",
    "2020-01-02",
    "第一编",
    "第一章 总则",
    "第二条",
)


def pack(
    root: Path, *chunks: tuple[Any, ...], columns: tuple[str, ...] = COLUMNS, table: str = "chunks"
) -> Path:
    root.mkdir(exist_ok=True)
    with sqlite3.connect(root / "content.db") as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute(f"CREATE TABLE {table} ({', '.join(columns)})")
        database.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})", chunks)
    database.close()
    return root


def changed(**values: Any) -> tuple[Any, ...]:
    return tuple(values.get(column, value) for column, value in zip(COLUMNS, CHUNK, strict=True))


def test_a_chunk_is_an_article_with_its_text_as_it_is(tmp_path: Path) -> None:
    local = changed(
        id=8,
        law_name=PLACE,
        category="地方法规",
        region="浙江省",
        part=None,
        chapter="",
        content=" 第二条\n甲 ",
    )
    root = pack(tmp_path / "pack", CHUNK, local)
    expected = [
        Article(
            FERRY,
            "第二条",
            CHUNK[1],
            Level.LAW,
            part="第一编",
            chapter="第一章 总则",
            published="2020-01-02",
            source_id="7",
        ),
        Article(
            PLACE,
            "第二条",
            " 第二条\n甲 ",
            Level.LOCAL_REGULATION,
            region="浙江",
            published="2020-01-02",
            implements=FERRY,
            source_id="8",
        ),
    ]
    assert list(read("lawvault-data-pack", root).articles) == expected
    assert list(read("lawvault-data-pack", root / "content.db").articles) == expected


@pytest.mark.parametrize(
    ("versions", "laws"), [("newest", [FERRY]), ("all", [FERRY, f"{FERRY}（2020-01-02）"])]
)
def test_two_versions_of_a_law(versions: str, laws: list[str], tmp_path: Path) -> None:
    old = changed(article_number="第一条"), CHUNK
    new = changed(id=9, article_number="第一条", content="新", publish_date="2023-01-02")
    corpus = read("lawvault-data-pack", pack(tmp_path / "pack", *old, new), versions=versions)
    assert sorted({article.law for article in corpus.articles}) == laws
    assert [article.text for article in corpus.articles if article.law == FERRY] == ["新"]


def test_the_pack_is_left_as_it_is(tmp_path: Path) -> None:
    root = pack(tmp_path / "pack", CHUNK)
    before = (root / "content.db").read_bytes()
    (root / "content.db").chmod(0o444)
    read("lawvault-data-pack", root)
    assert [path.name for path in root.iterdir()] == ["content.db"]
    assert (root / "content.db").read_bytes() == before


@pytest.mark.parametrize(
    ("category", "level"),
    [
        ("宪法", Level.CONSTITUTION),
        ("法律", Level.LAW),
        ("行政法规", Level.ADMINISTRATIVE_REGULATION),
        ("监察法规", Level.ADMINISTRATIVE_REGULATION),
        ("司法解释", Level.JUDICIAL_INTERPRETATION),
        ("部门规章", Level.DEPARTMENT_RULE),
        ("地方法规", Level.LOCAL_REGULATION),
        ("地方性法规", Level.LOCAL_REGULATION),
        ("地方政府规章", Level.LOCAL_GOVERNMENT_RULE),
        ("", Level.LAW),
    ],
)
def test_categories(category: str, level: Level, tmp_path: Path) -> None:
    (article,) = read("lawvault-data-pack", pack(tmp_path / "pack", changed(category=category))).articles
    assert article.level is level


@pytest.mark.parametrize(
    ("values", "kind", "found"),
    [
        ({"law_name": ""}, "no law, number or text", "has no law"),
        ({"article_number": None}, "no law, number or text", "has no article"),
        ({"content": " "}, "no law, number or text", "has no text"),
        ({"article_number": "附则"}, "no article number", '"附则" is no article number'),
        ({"category": "民俗"}, "unknown level", '"民俗" is no level of law'),
        (
            {"content": b"\xff"},
            "characters that are no text",
            "holds a NUL, half a surrogate pair or a byte that is no text",
        ),
    ],
)
def test_a_faulty_chunk_is_skipped_and_said(
    values: dict[str, Any], kind: str, found: str, tmp_path: Path
) -> None:
    corpus = read("lawvault-data-pack", pack(tmp_path / "pack", CHUNK, changed(id="c9", **values)))
    assert len(corpus.articles) == 1
    assert report_of(corpus).skipped == {kind: 1}
    assert (
        report_of(corpus)
        .examples[0]
        .startswith(f"{(tmp_path / 'pack/content.db').resolve()}: chunk c9: {found}")
    )


def test_columns_that_a_pack_may_lack(tmp_path: Path) -> None:
    columns = ("id", "content", "law_name", "category", "article_number")
    root = pack(tmp_path / "pack", (1, "甲", FERRY, "法律", "1"), columns=columns)
    assert list(read("lawvault-data-pack", root).articles) == [
        Article(FERRY, "第一条", "甲", Level.LAW, source_id="1")
    ]


def test_no_pack(tmp_path: Path) -> None:
    remedy = "give the folder of a LawVault data pack, or its content.db"
    with pytest.raises(CorpusError, match=f"none: does not exist; {remedy}"):
        read("lawvault-data-pack", tmp_path / "none")
    with pytest.raises(CorpusError, match=f"content.db: has no table chunks; {remedy}"):
        read("lawvault-data-pack", pack(tmp_path / "a", table="others"))
    with pytest.raises(
        CorpusError,
        match=f'content.db: its table chunks lacks the column "content"; wanted: id, content, .*; {remedy}',
    ):
        read("lawvault-data-pack", pack(tmp_path / "b", columns=("id", "law_name")))
    for content in (
        b"no database" * 100,
        (pack(tmp_path / "c", *[CHUNK] * 500) / "content.db").read_bytes()[:9000],
    ):
        (tmp_path / "content.db").write_bytes(content)
        with pytest.raises(CorpusError, match=f"content.db: cannot be read as an SQLite file .*; {remedy}"):
            read("lawvault-data-pack", tmp_path)
