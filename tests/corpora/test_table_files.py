"""Corpora in tables as spreadsheets and data frames save them, and what a file is that is no table."""

import gzip
import io
import zipfile
from contextlib import suppress
from pathlib import Path
from random import Random

import openpyxl
import pytest

from tests.corpus_files import doc_ids, json_lines, read, report_of
from tests.fuzzed import SOURCES, damaged, workbook
from workbench.core.errors import CorpusError
from workbench.corpora import read_corpus
from workbench.corpora.sources import source_of

TABLE = "law,article,text\n渡口法,第一条,目的。\n渡口法,2,载客不得超过核定人数。\n"
READ = ["渡口法#第一条", "渡口法#第二条"]


@pytest.mark.parametrize(
    ("kind", "content", "said"),
    [
        ("csv", TABLE.encode(), ""),
        ("csv", TABLE.replace("law,article", "Law, ARTICLE").encode("utf-8-sig"), ""),
        ("csv", TABLE.replace("\n", ",,\r\n").encode(), ""),
        ("csv", TABLE.replace("第一条", "1.0").replace(",2,", ",2.0,").encode(), ""),
        ("csv", TABLE.replace("law", ",law").replace("渡口法", "0,渡口法").encode(), ""),
        ("csv", TABLE.replace(",", ";").encode(), "read with semicolons"),
        ("csv", ("sep=;\r\n" + TABLE.replace(",", ";")).encode(), "read with semicolons"),
        ("csv", TABLE.replace(",", "\t").encode("utf-16"), "read as UTF-16 with tabs"),
        ("csv", TABLE.replace(",", ";").encode("gb18030"), "read as GB18030 with semicolons"),
        ("csv", gzip.compress(TABLE.encode("gb18030"), mtime=0), "read as GB18030"),
        ("csv", workbook(TABLE), "read as an Excel workbook"),
        ("tsv", TABLE.replace(",", "\t").encode(), ""),
        ("xlsx", workbook(TABLE), ""),
        ("jsonl", b'{"law": "\xe6\xb8\xa1\xe5\x8f\xa3\xe6\xb3\x95", "article": 1.0, "text": "x"}\n{"law": "\xe6\xb8\xa1\xe5\x8f\xa3\xe6\xb3\x95", "article": 2, "text": "y"}', ""),
        ("csv", TABLE.replace("\n", "\r").encode(), ""),
        ("csv", '{"law": "渡口法", "article": 1, "text": "x"}\n{"law": "渡口法", "article": 2, "text": "y"}'.encode(), "read as JSON"),
        ("jsonl", '[{"law": "渡口法", "article": "1", "text": "x"}, {"law": "渡口法", "article": 2, "text": "y"}]'.encode("utf-16"), "read as UTF-16"),
    ],
)  # fmt: skip
def test_tables(kind: str, content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / f"laws.{kind}"
    path.write_bytes(content)
    corpus = read(kind, path)
    assert doc_ids(corpus) == READ
    assert report_of(corpus).examples == ([f"{path}: {said}"] if said else [])


def packed(name: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, TABLE)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (packed("laws.csv"), "is a zip archive; wanted: a .csv file; unpack it"),
        (b"%PDF-1.7", "is a PDF; wanted: a .csv file; convert it"),
        (packed("xl/workbook.xml"), "is an Excel workbook that cannot be read"),
    ],
)
def test_what_a_file_is_instead_is_named(content: bytes, found: str, tmp_path: Path) -> None:
    (tmp_path / "laws.csv").write_bytes(content)
    with pytest.raises(CorpusError, match=f"laws.csv: {found}"):
        read("csv", tmp_path / "laws.csv")


def test_a_file_of_old_office_is_named_beside_what_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "laws.xlsx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    with pytest.raises(CorpusError, match=r"is a file of old Office \(.xls or .doc\); wanted: a .xlsx file"):
        read("xlsx", tmp_path / "laws.xlsx")


def test_lists_and_objects_are_no_text(tmp_path: Path) -> None:
    """A model would be given them as Python writes them."""
    rows = [
        {"law": "渡口法", "article": 1, "text": ["目的。", "载客。"]},
        {"law": "渡口法", "article": 2, "text": {"a": "b"}},
        {"law": ["渡口法"], "article": 3, "text": "x"},
        {"law": "渡口法", "article": 4, "text": "y"},
    ]
    (tmp_path / "laws.jsonl").write_text(json_lines(*rows), encoding="utf-8")
    corpus = read("jsonl", tmp_path / "laws.jsonl")
    assert doc_ids(corpus) == ["渡口法#第四条"]
    assert report_of(corpus).skipped == {"lists and objects in place of a text": 3}
    assert "laws.jsonl:1: text is a list, and no text" in report_of(corpus).examples[0]


def test_where_no_article_is_left_the_fault_is_to_be_mended(tmp_path: Path) -> None:
    (tmp_path / "laws.csv").write_text("法条汇编\n\nlaw,article,text\n渡口法,1,x\n", encoding="utf-8")
    with pytest.raises(
        CorpusError, match=r"laws.csv:3: has 3 cells; wanted: 1, as the header has; mend that"
    ):
        read("csv", tmp_path / "laws.csv")


def test_cells_of_a_workbook_become_text(tmp_path: Path) -> None:
    from datetime import date, datetime

    book = openpyxl.Workbook()
    book.active.append(["law", "article", "text", "published", "effective"])
    book.active.append(["渡口法", 1, 3.5, date(2020, 1, 2), datetime(2020, 5, 1)])
    book.save(tmp_path / "laws.xlsx")
    (article,) = read("xlsx", tmp_path).articles
    assert (article.article, article.text, article.published, article.effective) == (
        "第一条", "3.5", "2020-01-02", "2020-05-01",
    )  # fmt: skip


@pytest.mark.parametrize(("kind", "name", "content"), SOURCES)
def test_damaged_files_are_read_or_refused(kind: str, name: str, content: bytes, tmp_path: Path) -> None:
    random = Random(name)
    for _ in range(60):
        (tmp_path / name).write_bytes(damaged(content, random))
        with suppress(CorpusError):
            assert read_corpus([source_of(kind, path=str(tmp_path / name))], tmp_path).articles
