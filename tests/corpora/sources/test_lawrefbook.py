"""The Markdown tree of LawRefBook/Laws: small trees of invented law, and the real one where it is there."""

import sqlite3
import tarfile
from collections.abc import Iterable
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

from tests.corpus_files import FERRY, PLACE, Files, archive, doc_ids, folder, law, read, report_of
from workbench.core.domain import Article, Level, Scope
from workbench.core.errors import CorpusError
from workbench.corpora import Corpus
from workbench.corpora.citations import Resolver
from workbench.corpora.report import SourceReport
from workbench.corpora.sources import source_of
from workbench.corpora.sources.lawrefbook import read as read_tree
from workbench.corpora.titles import level_of_title, region_of_title
from workbench.query_sets.formats import read_queries
from workbench.query_sets.query_set import resolve_qrels

LOCAL = "DLC/浙江地方法规/地方性法规/浙江"
TEXT = """\
# 中华人民共和国渡口法 <!-- 标题 -->

# 总则

2020年1月2日 第一次会议通过

2021年3月4日 第二次会议修正

2021年5月1日 施行

<!-- INFO END -->

引言。

## 第一编  渡口

### 第一章 一般规定

第一条 渡口由市、县管理。

市、县可以委托乡镇。

<!-- FORCE BREAK -->

第十二条规定的渡口除外。

第二条

（一）渡船；

### 第二章 渡船

第三条之一\u3000渡船载客不得超过核定人数。
"""


def database(folder: str, *rows: tuple[str, str, str, str, int]) -> bytes:
    """A db.sqlite3 whose laws (level, name, publish, valid_from, expired) are all in `folder`."""
    with sqlite3.connect(":memory:") as connection:
        connection.execute("CREATE TABLE category (id, folder)")
        connection.execute("CREATE TABLE law (level, name, publish, valid_from, expired, category_id)")
        connection.execute("INSERT INTO category VALUES (1, ?)", [folder])
        connection.executemany("INSERT INTO law VALUES (?, ?, ?, ?, ?, 1)", rows)
    content = connection.serialize()
    connection.close()
    return content


def tree(root: Path, files: Files, **keys: Any) -> Corpus:
    return read("lawrefbook", folder(root, files), **keys)


def fields(articles: Iterable[Article], *names: str) -> list[tuple[str, ...]]:
    return [tuple(getattr(article, name) for name in names) for article in articles]


def test_a_law_with_part_chapters_and_history(tmp_path: Path) -> None:
    assert list(tree(tmp_path, {"经济法/渡口法.md": TEXT}).articles) == [
        Article(
            law=FERRY,
            article=number,
            text=text,
            level=Level.LAW,
            part="总则",
            chapter=f"第一编 渡口 {chapter}",
            published="2021-03-04",
            effective="2021-05-01",
        )
        for number, chapter, text in (
            (
                "第一条",
                "第一章 一般规定",
                "渡口由市、县管理。\n市、县可以委托乡镇。\n第十二条规定的渡口除外。",
            ),
            ("第三条之一", "第二章 渡船", "渡船载客不得超过核定人数。"),
            ("第二条", "第一章 一般规定", "（一）渡船；"),
        )
    ]


@pytest.mark.parametrize(
    ("path", "level", "region"),
    [
        ("宪法/x.md", Level.CONSTITUTION, ""),
        ("民法商法/x.md", Level.LAW, ""),
        ("行政法规/x.md", Level.ADMINISTRATIVE_REGULATION, ""),
        ("司法解释/x.md", Level.JUDICIAL_INTERPRETATION, ""),
        ("部门规章/公安部/x.md", Level.DEPARTMENT_RULE, ""),
        (f"{LOCAL}/x.md", Level.LOCAL_REGULATION, "浙江"),
        ("DLC/浙江地方法规/地方政府规章/浙江/x.md", Level.LOCAL_GOVERNMENT_RULE, "浙江"),
        ("Laws-main/DLC/浙江地方法规/地方性法规/浙江/x.md", Level.LOCAL_REGULATION, "浙江"),
    ],
)
def test_level_and_region_by_folder(path: str, level: Level, region: str, tmp_path: Path) -> None:
    assert fields(tree(tmp_path, {path: law("渡口规则", "甲")}).articles, "level", "region") == [
        (level, region)
    ]


def test_a_tree_without_folders_of_levels_takes_the_level_that_is_given(tmp_path: Path) -> None:
    corpus = tree(tmp_path, {"渡口/x.md": law("渡口规则", "甲")}, level=Level.DEPARTMENT_RULE)
    assert fields(corpus.articles, "level") == [(Level.DEPARTMENT_RULE,)]


def test_the_database_goes_before_the_folder(tmp_path: Path) -> None:
    files: Files = {
        "行政法规/渡口规则(2020-01-02).md": law("渡口规则", "甲"),
        "db.sqlite3": database(
            "行政法规",
            ("法律", "渡口规则", "2020-01-02", "2020-06-01", 0),
            ("法律", "渡口规则", "2010-01-02", "2010-06-01", 1),
        ),
    }
    assert fields(tree(tmp_path, files).articles, "level", "published", "effective") == [
        (Level.LAW, "2020-01-02", "2020-06-01")
    ]


def test_a_local_law_keeps_the_national_law_that_it_implements(tmp_path: Path) -> None:
    corpus = tree(
        tmp_path, {f"{LOCAL}/x.md": law(PLACE, "甲"), "行政法规/y.md": law("关于实施《渡口法》的决定", "甲")}
    )
    assert sorted(fields(corpus.articles, "law", "implements")) == sorted(
        [(PLACE, FERRY), ("关于实施《渡口法》的决定", "")]
    )


OLD, NEW, EXPIRED = law(FERRY, "旧"), law(FERRY, "新", "又"), law(FERRY, "废")


@pytest.mark.parametrize(
    ("files", "text", "noted"),
    [
        ({"行政法/a(2020-01-01).md": OLD, "经济法/b(2021-01-01).md": NEW}, "新", {}),
        ({"行政法/渡口法.md": OLD, "行政法/渡口法(2001-01-01).md": NEW}, "新", {}),
        (
            {
                "行政法/渡口法.md": law(FERRY, "新", head="2020年1月1日 修正"),
                "行政法/渡口法(2001-01-01).md": OLD,
            },
            "新",
            {},
        ),
        (
            {"行政法/a(2020-01-01).md": NEW, "经济法/b(2020-01-01).md": OLD},
            "新",
            {"two versions of one date": 1},
        ),
        ({"行政法/a(2020-01-01).md": NEW, "经济法/b(2020-01-01).md": NEW}, "新", {}),
        (
            {
                "行政法/渡口法(2020-01-01).md": NEW,
                "行政法/渡口法(2021-01-01).md": EXPIRED,
                "db.sqlite3": database(
                    "行政法", ("法律", "渡口法", "2021-01-01", "", 1), ("法律", "渡口法", "2020-01-01", "", 0)
                ),
            },
            "新",
            {},
        ),
        (
            {
                "行政法/渡口法(2021-01-01).md": EXPIRED,
                "db.sqlite3": database("行政法", ("法律", "渡口法", "2021-01-01", "", 1)),
            },
            "废",
            {"expired laws": 1},
        ),
    ],
    ids=["newest", "undated", "dated by its head", "same date", "copies", "expired", "only expired"],
)
def test_the_version_that_counts(files: Files, text: str, noted: dict[str, int], tmp_path: Path) -> None:
    corpus = tree(tmp_path, {"db.sqlite3": database("x")} | dict(files))
    assert next(iter(corpus.articles)).text == text
    assert report_of(corpus).noted == noted


def test_all_versions_on_request(tmp_path: Path) -> None:
    files = {
        "行政法/a(2019-01-01).md": OLD,
        "行政法/b(2020-01-01).md": OLD,
        "行政法/c(2021-01-01).md": NEW,
        "行政法/d.md": law(FERRY, "甲"),
    }
    corpus = tree(tmp_path, files, versions="all")
    assert doc_ids(corpus) == sorted(
        [
            f"{FERRY}#第一条",
            f"{FERRY}#第二条",
            f"{FERRY}（2019-01-01）#第一条",
            f"{FERRY}（2020-01-01）#第一条",
            f"{FERRY}（旧版）#第一条",
        ]
    )


FAULTY: Files = {
    "宪法/_index.md": "---\nbookCollapseSection: true\n---",
    "README.md": "# 说明\n\n第一条 不是法",
    "经济法/好.md": law(FERRY, "甲"),
    "经济法/front.md": "---\ndraft: true\n" + law("甲法", "甲"),
    "经济法/closed.md": "---\n# x\n---\n" + law("乙法", "甲"),
    "经济法/gb.md": law("丙法", "渡船载客不得超过核定人数").encode("gb18030"),
    "经济法/bom.md": b"\xef\xbb\xbf" + law("丁法", "甲").replace("\n", "\r\n").encode(),
    "经济法/bad.md": law("戊法", "甲").encode() + b"\xff",
    "经济法/utf16.md": law("戊法", "甲").encode("utf-16"),
    "经济法/big5.md": "# 渡船管理規則\n\n第一條 載客人數不得超過".encode("big5"),
    "经济法/nul.md": law("戊法", "甲\0"),
    "经济法/untitled.md": "第一条 甲",
    "经济法/heading.md": "# 己法",
    "经济法/numbers.md": "# 庚法\n第一条 甲\n第十百条 乙\n第三条\n\n## 附件\n\n不在任何条里。",
    "案例/x.md": law("案", "甲"),
    "其他/x.md": law("南", "甲"),
    "别处/x.md": law("北", "甲"),
    "db.sqlite3": b"no database",
}
FOUND = {
    "db.sqlite3: cannot be read (is no SQLite file): levels and dates come from folders, file names and heads",
    "经济法/front.md:1: begins a --- block that does not end; read all the same",
    "经济法/gb.md: read as GB18030",
    "经济法/bad.md:10: byte 0xff is not UTF-8",
    "经济法/utf16.md: read as UTF-16",
    "经济法/big5.md: read as Big5",
    '经济法/big5.md:3: "第一條 載客人數不得" begins 第一条',
    "经济法/nul.md:9: holds a NUL byte",
    "经济法/untitled.md:1: has no title (a line that begins with #)",
    "经济法/heading.md:1: begins no article with a number such as 第一条",
    '经济法/numbers.md:3: "第十百条" is no article number',
    "经济法/numbers.md:4: 第二条 is missing before 第三条",
    "经济法/numbers.md:4: 第三条 has no text",
    "经济法/numbers.md:6: 附件 (2 lines) is an annex without articles under a title",
    "案例/x.md: is 案例",
    "其他/x.md: is 其他",
    "别处/x.md: is in no folder of a level",
}


@pytest.mark.parametrize("packed", [False, True])
def test_what_is_faulty_is_said_and_the_rest_is_read(packed: bool, tmp_path: Path) -> None:
    path = archive(tmp_path / "laws.tar.xz", FAULTY) if packed else folder(tmp_path / "laws", FAULTY)
    corpus = read("lawrefbook", path)
    assert fields(corpus.articles, "law", "article", "text") == [
        ("丁法", "第一条", "甲"),
        ("丙法", "第一条", "渡船载客不得超过核定人数"),
        (FERRY, "第一条", "甲"),
        ("乙法", "第一条", "甲"),
        ("庚法", "第一条", "甲"),
        ("戊法", "第一条", "甲"),
        ("渡船管理規則", "第一条", "載客人數不得超過"),
        ("甲法", "第一条", "甲"),
    ]
    assert set(report_of(corpus).examples) == FOUND


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"SQLite format 3\0",
        database("经济法", ("法律", "渡口法", "x", "", 0))[:3000],
        database("x")[:200],
    ],
)
def test_a_damaged_database_costs_only_what_it_says(content: bytes, tmp_path: Path) -> None:
    corpus = tree(tmp_path, {"经济法/渡口法(2020-01-01).md": law(FERRY, "甲"), "db.sqlite3": content})
    assert fields(corpus.articles, "level", "published") == [(Level.LAW, "2020-01-01")]
    assert report_of(corpus).noted == {"damaged databases": 1}


def test_a_database_that_never_ends_is_left(tmp_path: Path) -> None:
    with sqlite3.connect(":memory:") as connection:
        connection.execute("CREATE TABLE category AS SELECT 1 AS id, '经济法' AS folder")
        numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
        connection.execute(
            f"CREATE VIEW law AS SELECT '法律' level, i name, '' publish, '' valid_from, 0 expired, 2 category_id FROM ({numbers})"
        )
    corpus = tree(tmp_path, {"经济法/x.md": law(FERRY, "甲"), "db.sqlite3": connection.serialize()})
    connection.close()
    assert report_of(corpus).examples == [
        "db.sqlite3: cannot be read (interrupted): levels and dates come from folders, file names and heads"
    ]


def test_without_a_database_folders_and_names_do(tmp_path: Path) -> None:
    corpus = tree(tmp_path, {"经济法/x(2020-01-01).md": law(FERRY, "甲")})
    assert report_of(corpus).noted == {"no database": 1}


def test_members_that_lead_out_of_an_archive_and_links_are_left(tmp_path: Path) -> None:
    path = archive(
        tmp_path / "laws.tar",
        {"../宪法/a.md": law("甲法", "甲"), "/宪法/b.md": law("乙法", "甲"), "./宪法/c.md": law(FERRY, "甲")},
        "w",
    )
    with tarfile.open(path, "a") as tar:
        link = tarfile.TarInfo("宪法/d.md")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
        huge = tarfile.TarInfo("宪法/\x1b[2J.md")
        tar.addfile(huge)
    corpus = read("lawrefbook", path)
    assert doc_ids(corpus) == [f"{FERRY}#第一条"]
    assert report_of(corpus).skipped == {
        "names that lead out of the archive": 2,
        "links": 1,
        "files without title": 1,
    }
    assert "\x1b" not in "".join(corpus.lines())
    assert [entry.name for entry in tmp_path.iterdir()] == ["laws.tar"]


def test_links_in_a_folder_are_left(tmp_path: Path) -> None:
    folder(tmp_path / "elsewhere", {"x.md": law("甲法", "甲")})
    root = folder(tmp_path / "laws", {"宪法/a.md": law(FERRY, "甲")})
    (root / "宪法/link.md").symlink_to(tmp_path / "elsewhere/x.md")
    (root / "经济法").symlink_to(tmp_path / "elsewhere")
    corpus = read("lawrefbook", root)
    assert doc_ids(corpus) == [f"{FERRY}#第一条"]
    assert report_of(corpus).skipped == {"links": 1}


@pytest.mark.parametrize("mode", ["w:xz", "w:gz", "w:bz2"])
def test_an_archive_that_is_cut_short_is_refused(mode: str, tmp_path: Path) -> None:
    path = archive(
        tmp_path / "laws.tar", {"宪法/a.md": law(FERRY, "甲"), "宪法/b.md": law("甲法", "乙")}, mode
    )
    whole = path.read_bytes()
    assert len(read("lawrefbook", path).articles) == 2
    for length in (0, 4, 50, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(
            CorpusError,
            match=r"laws.tar: is no archive, a damaged one, or one that is cut short .*git clone --depth 1",
        ):
            read("lawrefbook", path)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"laws/x.txt": "甲"},
            r"laws: holds no law; wanted: Markdown files in folders .* git clone --depth 1 https://github.com/LawRefBook/Laws",
        ),
        (
            {"other/x.txt": "甲"},
            r"laws: does not exist; get the tree: git clone --depth 1 https://github.com/LawRefBook/Laws",
        ),
        ({"laws": "no archive"}, r"laws: is no archive, a damaged one"),
    ],
)
def test_no_tree(files: Files, message: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=message):
        read("lawrefbook", folder(tmp_path, files) / "laws")


@pytest.fixture(scope="session")
def real_law(test_data: Path) -> Corpus:
    start = perf_counter()
    corpus = read("lawrefbook", test_data / "lawrefbook.tar.xz")
    assert perf_counter() - start < 60  # 4 s where nothing else runs
    return corpus


def test_the_real_tree(real_law: Corpus) -> None:
    national = [article for article in real_law.articles if article.scope is Scope.NATIONAL]
    assert len(real_law.articles) == pytest.approx(140_157, rel=0.001)
    assert len(national) == pytest.approx(58_738, rel=0.001)
    assert len({article.doc_id for article in real_law.articles}) == len(real_law.articles)
    regions = {article.region for article in real_law.articles if article.scope is Scope.LOCAL}
    assert regions == {"北京", "上海", "重庆", "浙江", "山东", "河南", "广东"}
    assert {article.level for article in national} == set(Level) - {
        Level.LOCAL_REGULATION,
        Level.LOCAL_GOVERNMENT_RULE,
    }
    assert len({article.law for article in real_law.articles if article.implements}) == pytest.approx(
        128, abs=3
    )
    assert report_of(real_law).noted["damaged databases"] == 0
    assert report_of(real_law).noted["gaps in the numbering"] <= 10
    assert (
        len([article for article in real_law.articles if article.law == "中华人民共和国飞行基本规则"]) == 124
    )


def test_real_questions_resolve_in_the_real_tree(real_law: Corpus, test_data: Path) -> None:
    query_set = resolve_qrels(
        "stard", read_queries(test_data / "stard_dev.jsonl"), Resolver(real_law.articles)
    )
    assert (len(query_set.judged), query_set.unresolved) == (400, ())


def test_titles_tell_scope_and_region_of_real_law(real_law: Corpus) -> None:
    laws = {article.law: article for article in real_law.articles}
    wrong = [
        law
        for law, article in laws.items()
        if (level_of_title(law).scope, region_of_title(law)) != (article.scope, article.region)
    ]
    assert len(wrong) <= 0.003 * len(laws)


def test_the_folder_gives_what_the_archive_gives(real_law: Corpus, test_data: Path, tmp_path: Path) -> None:
    with tarfile.open(test_data / "lawrefbook.tar.xz") as tar:
        tar.extractall(tmp_path, filter="data")
    articles = sorted(
        read_tree(source_of("lawrefbook", path=str(tmp_path)), SourceReport()),
        key=lambda article: article.doc_id,
    )
    assert articles == list(real_law.articles)
