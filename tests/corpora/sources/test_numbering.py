"""Numbers of articles as files have them: each is read, or said to be missing."""

from collections.abc import Callable
from time import process_time

import cn2an
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.corpora.sources.markdown_law import Numbered, articles, numbering_of, parse
from workbench.corpora.sources.numbering import Finding

Read = tuple[list[Numbered], list[Finding]]


def read(body: str, *, head: str = "# 渡口法\n<!-- INFO END -->\n") -> Read:
    law = parse(head + body)
    numbering = numbering_of(law)
    return list(articles(law, numbering)), numbering.findings


def numbers_and_texts(body: str) -> dict[str, str]:
    return {article.number: article.text for article in read(body)[0]}


def said(body: str) -> list[tuple[int, str, str]]:
    """Line in the file, kind and sentence of what is said, but for articles that are read in another writing."""
    return [
        (finding.line + 2, finding.kind, finding.found)
        for finding in read(body)[1]
        if finding.kind != "numbers in another writing or place"
    ]


@pytest.mark.parametrize(
    "written",
    [
        "第二十一 条 甲",
        "第 二 十 一 条甲",
        "第二十一条甲",
        "第二十一条：甲",
        "第二十一条、甲",
        "第\u3000二十一\u3000条\u3000甲",
        "\u3000\u3000第二十一条甲",
        "\u200b第二十一\u200b条\u200b 甲",
        "第21条 甲",
        "第２１条甲",
        "笫二十一条 甲",
        "苐二十一条 甲",
        "弟二十一条 甲",
        "第二十一條 甲",
        "第二十－条 甲",
        "第二十—条 甲",
        "第⼆⼗⼀条 甲",
        "第贰拾壹条 甲",
        "二十一条 甲",
        "?二十一条 甲",
        "**第二十一条** 甲",
        "**第二十一条 甲**",
        "**第二十一条**甲",
        "*第二十一条* 甲",
        "`第二十一条` 甲",
        "> 第二十一条 甲",
        "> **第二十一条** 甲",
        "“第二十一条” 甲",
        '"第二十一条" 甲',
        "【第二十一条】甲",
        "（第二十一条）甲",
        "[第二十一条](#21) 甲",
        "- 第二十一条 甲",
        "21. 第二十一条 甲",
        "### 第二十一条\n甲",
        "# 第二十一条 甲",
        "<b>第二十一条</b> 甲",
        "&emsp;&emsp;第二十一条 甲",
        "<!-- 21 -->第二十一条 甲",
        "## 第二章 灯火 第二十一条 甲",
        "管理。 第二十一条 甲",
        "管理。第二十一条 甲",
        "管理。第二十一条甲",
        "管理；**第二十一条** 甲",
        "管理。<br>第二十一条 甲",
        "管理 第二十一条 甲",
        "由单第二十一条甲",
    ],
)
def test_a_number_in_another_writing_or_place(written: str) -> None:
    body = f"第二十条 船。\n{written}\n乙\n第二十二条 灯。"
    read_as = numbers_and_texts(body)
    assert list(read_as) == ["第二十条", "第二十一条", "第二十二条"]
    assert read_as["第二十一条"].split() == ["甲", "乙"]
    assert said(body) == []
    assert len(read(body)[1]) == (0 if written in ("第21条 甲", "<!-- 21 -->第二十一条 甲") else 1)


@pytest.mark.parametrize(
    "text",
    [
        "第三条规定的渡口除外。",
        "第三条第二款规定的渡口除外。",
        "第三条、第四条的规定适用于渡船。",
        "第三条和第四条所列渡船，应当登记。",
        "第三条所称渡船，是指木船。",
        "第三条 第一款的渡船除外。",
        "第三条渡船和渡口的登记。",
        "依照第三条登记。",
        "依照本法 第三条 登记。",
        "登记。第三条规定的渡船除外。",
        "登记，第三条的渡船除外；第三条另有规定的除外。",
        "| 第三条 | 渡船 |",
        "“第三条 渡船应当登记。",
        "根据《渡口法》第三条，渡船应当登记。",
    ],
)
def test_a_citation_is_no_article_where_its_number_comes_later(text: str) -> None:
    assert numbers_and_texts(f"第一条 甲。\n第二条 乙。\n{text}\n第三条 丙。") == {
        "第一条": "甲。",
        "第二条": f"乙。\n{text}",
        "第三条": "丙。",
    }


@pytest.mark.parametrize("text", ["第一条渡船经营者除外。", "第九条规定的除外。", "第九条 规定的渡船除外。"])
def test_a_number_that_is_not_the_next_is_text(text: str) -> None:
    read_as = numbers_and_texts(
        f"第一条甲。\n第二条乙。\n{text}\n第三条丙。\n第四条规定渡船的数目。\n第五条丁。"
    )
    assert list(read_as) == ["第一条", "第二条", "第三条", "第四条", "第五条"]
    assert read_as["第二条"] == f"乙。\n{text}"
    assert read_as["第四条"] == "规定渡船的数目。"


@pytest.mark.parametrize(
    ("body", "read_as", "findings"),
    [
        ("第一条 甲\n第三条 丙", "一三", [(4, "gaps in the numbering", "第二条 is missing before 第三条")]),
        ("第一条 甲\n第四条 丁", "一四", [(4, "gaps in the numbering", "第二条、第三条 are missing before 第四条")]),
        (
            "第一条 甲\n第二十条 乙",
            ["第一条", "第二十条"],
            [(4, "gaps in the numbering", "18 numbers, 第二条 to 第十九条, are missing before 第二十条")],
        ),
        (
            "第一条 甲\n第二条 乙\n第二条 又\n第三条 丙",
            "一二三",
            [(5, "numbers that stand there twice", "第二条 stands there a second time, first in line 4")],
        ),
        (
            "第一条 甲\n第三条 丙\n第二条 乙\n第四条 丁",
            "一三二四",
            [(5, "numbers out of order", "第二条 comes after 第三条")],
        ),
        ("第一条 甲\n第一条之一 乙\n第一 条之二丙\n第二条 丁", ["第一条", "第一条之一", "第一条之二", "第二条"], []),
        (
            "第一条 甲\n第一条之二 乙\n第二条 丁",
            ["第一条", "第一条之二", "第二条"],
            [(4, "gaps in the numbering", "第一条之一 is missing before 第一条之二")],
        ),
        (
            "第一条 甲\n第二条之一 乙",
            ["第一条", "第二条之一"],
            [(4, "gaps in the numbering", "第二条 is missing before 第二条之一")],
        ),
        ("第九条 甲\n第十条 乙", "九十", []),
    ],
)  # fmt: skip
def test_jumps_of_the_numbering_are_said(
    body: str, read_as: str | list[str], findings: list[tuple[int, str, str]]
) -> None:
    wanted = [f"第{digit}条" for digit in read_as] if isinstance(read_as, str) else read_as
    assert [article.number for article in read(body)[0]] == wanted
    assert said(body) == findings


@pytest.mark.parametrize(
    "written", ["第二十零条 乙", "第十一十二条 乙", "第十百条乙", "**第二十零条** 乙", "第二?条 乙"]
)
def test_a_numeral_that_is_none_is_skipped_and_said(written: str) -> None:
    body = f"第一条 甲\n{written}\n又\n第三条 丙"
    assert numbers_and_texts(body) == {"第一条": "甲", "第三条": "丙"}
    number = written.strip("*").partition("条")[0] + "条"
    assert said(body) == [
        (4, "no article number", f'"{number}" is no article number'),
        (6, "gaps in the numbering", "第二条 is missing before 第三条"),
    ]


def test_numbering_begins_anew_under_a_heading() -> None:
    body = "## 第一编 渡口\n第一条 甲\n第二条 乙\n## 第二编 渡船\n### 第一章 灯火\n第一条 丙\n第二条丁"
    assert [(article.part, article.chapter, article.number, article.text) for article in read(body)[0]] == [
        ("第一编 渡口", "第一编 渡口", "第一条", "甲"),
        ("第一编 渡口", "第一编 渡口", "第二条", "乙"),
        ("第二编 渡船", "第二编 渡船 第一章 灯火", "第一条", "丙"),
        ("第二编 渡船", "第二编 渡船 第一章 灯火", "第二条", "丁"),
    ]


ANNEX = "annexes"


@pytest.mark.parametrize(
    ("annex", "label", "lines"),
    [
        ("附录：\n禁止渡运的物品\n一、炸药；\n二、剧毒品。", "附录", 4),
        ("附件", "附件", 1),
        ("## 附件一\n### 一、船\n木船", "附件一", 3),
        ("附：渡船名录", "附：渡船名录", 1),
        ("**附表2**　渡船名录", "附表2** 渡船名录", 1),
        ("【附件】\n第三十条 例", "附件", 2),
        ("附图 灯号", "附图 灯号", 1),
    ],
)
def test_an_annex_is_no_part_of_the_last_article(annex: str, label: str, lines: int) -> None:
    body = f"第一条 甲\n第二条 乙\n{annex}"
    assert numbers_and_texts(body) == {"第一条": "甲", "第二条": "乙"}
    plural = "s" * (lines != 1)
    found = f"{label} ({lines} line{plural}) is an annex without articles under a title"
    assert said(body) == [(5, ANNEX, found)]


def test_an_annex_in_the_line_of_the_last_article() -> None:
    assert numbers_and_texts("第一条 甲。 第二条 乙。 附件一：名录") == {"第一条": "甲。", "第二条": "乙。"}


@pytest.mark.parametrize("annex", ["附则", "附件由市公布。", "附表所列渡船；", "附件一和附件二都公布。"])
def test_what_is_no_annex_stays_text(annex: str) -> None:
    assert numbers_and_texts(f"第一条 甲\n第二条 乙\n{annex}")["第二条"] == f"乙\n{annex}"


def test_a_table_between_articles_belongs_to_the_one_above() -> None:
    assert numbers_and_texts("第一条 甲\n附表\n灯\n第二条 乙") == {"第一条": "甲\n附表\n灯", "第二条": "乙"}


@pytest.mark.parametrize(
    "annex",
    [
        "附件：渡船检验办法",
        "附件1\n渡船检验办法",
        "附件\n渡船\n检验办法",
        "## 附件\n## 渡船检验办法\n## 第一章 总则",
        "附件\n《渡船检验办法》\n（2020年1月1日）",
        "渡船检验办法\n（2020年1月1日公布）",
    ],
)
def test_articles_of_an_annex_are_those_of_its_title(annex: str) -> None:
    laws = [
        (article.law, article.number, article.text)
        for article in read(f"第一条 甲。\n第二条 乙。\n{annex}\n第一条 丙。\n第二条 丁。")[0]
    ]
    assert laws == [
        ("", "第一条", "甲。"),
        ("", "第二条", "乙。"),
        ("渡船检验办法", "第一条", "丙。"),
        ("渡船检验办法", "第二条", "丁。"),
    ]


def test_quoted_articles_of_an_amendment_are_its_text() -> None:
    body = """\
第一条 将第三条修改为：
第三条 渡船由市登记。
第二条 增加两条，作为第七条、第八条：
“第七条 渡口由市划定。
第八条 渡船应当有灯。”
第三条 增加两条，分别作为第二十条至第二十一条。内容如下：
第五节 灯
第二十条 灯由船主看管。
第二十一条 灯应当明亮。"""
    lines = body.split("\n")
    assert numbers_and_texts(body) == {
        "第一条": "\n".join(lines[:2]).removeprefix("第一条 "),
        "第二条": "\n".join(lines[2:5]).removeprefix("第二条 "),
        "第三条": "\n".join(lines[5:]).removeprefix("第三条 "),
    }
    assert [kind for _, kind, _ in said(body)] == ["quoted articles"] * 3


def test_a_list_that_is_announced_does_not_swallow_the_rest() -> None:
    body = "第一条 标准如下：\n第三条 丙\n第四条 丁"
    assert list(numbers_and_texts(body)) == ["第一条", "第三条", "第四条"]


@pytest.mark.parametrize("first", ["**第一条** 甲", "# 第一条 甲", "第 一 条甲", "> 第一条 甲"])
def test_where_nothing_ends_the_head_the_first_article_does(first: str) -> None:
    found, _ = read(f"{first}\n第二条 乙", head="# 渡口法\n2020年1月2日 通过\n第三条的决定修正\n")
    assert [article.number for article in found] == ["第一条", "第二条"]


def numeral(number: int) -> str:
    return str(cn2an.an2cn(number))


def name(number: int) -> str:
    return f"第{numeral(number)}条"


WRITINGS: list[Callable[[int], str]] = [
    lambda n: f"\n{name(n)} ",
    lambda n: f"\n{name(n)}",
    lambda n: f"\n第 {numeral(n)} 条 ",
    lambda n: f"\n第{' '.join(numeral(n))}条",
    lambda n: f"\n第{n}条 ",
    lambda n: f"\n笫{numeral(n)}条 ",
    lambda n: f"\n{numeral(n)}条 ",
    lambda n: f"\n第{numeral(n).replace('一', '－').replace('十', '⼗')}条 ",
    lambda n: f"\n\u200b\u3000第{numeral(n)}\u200b条\u3000",
    lambda n: f"\n**{name(n)}** ",
    lambda n: f"\n> {name(n)} ",
    lambda n: f"\n## {name(n)}\n",
    lambda n: f"\n## 第{numeral(n)}章 渡船 {name(n)} ",
    lambda n: f" {name(n)} ",
    lambda n: name(n),
    lambda n: f" **{name(n)}** ",
]  # fmt: skip
CITED: list[Callable[[int], str]] = [
    lambda n: f"\n{name(n)}规定的渡船除外。",
    lambda n: f"\n{name(n)}第二款的渡船除外。",
    lambda n: f"\n依照{name(n)}登记的，登记。{name(n)}所列渡船除外。",
    lambda n: "",
]
Written = tuple[Callable[[int], str], Callable[[int], str], int]
written = st.tuples(st.sampled_from(WRITINGS), st.sampled_from(CITED), st.integers(1, 30))


@settings(deadline=None)
@given(st.lists(written, min_size=2, max_size=25))
def test_no_article_is_skipped_however_its_number_is_written(law: list[Written]) -> None:
    body = "".join(
        f"{write(number)}渡船有灯{number}盏。{cite(cited)}"
        for number, (write, cite, cited) in enumerate(law, 1)
    )
    found, findings = read(body)
    assert [article.number for article in found] == [name(number) for number in range(1, len(law) + 1)]
    for number, (article, (_, cite, cited)) in enumerate(zip(found, law, strict=True), 1):
        assert article.text.split() == f"渡船有灯{number}盏。{cite(cited)}".split()
    assert [finding for finding in findings if finding.lost] == []


LOST: list[Callable[[int], str]] = [
    lambda n: "\n",
    lambda n: f"\n第{numeral(n)}百百条 ",
    lambda n: f"\n第{numeral(n)}十零条 ",
    lambda n: f"\n第{numeral(n)}\n条 ",
    lambda n: f"\n{name(n - 1)} ",
    lambda n: f"\n{name(n + 1)} ",
    lambda n: f"，{name(n)}，",
]


@settings(deadline=None)
@given(st.lists(st.sampled_from(WRITINGS + LOST), min_size=2, max_size=11))
def test_every_number_is_read_or_said_to_be_missing(law: list[Callable[[int], str]]) -> None:
    body = "\n第一条 渡口。"
    for number, write in enumerate(law, 2):
        body += f"{write(number)}渡船有灯{number}盏。"
    body += f"\n{name(len(law) + 2)} 施行。"
    found, findings = read(body)
    known = {article.number for article in found} | {
        lacking
        for finding in findings
        if finding.kind == "gaps in the numbering"
        for lacking in finding.found.partition(" ")[0].split("、")
    }
    assert {name(number) for number in range(1, len(law) + 3)} <= known


@pytest.mark.parametrize(
    "body",
    [
        " " * 1_000_000 + "条",
        "#" * 500_000 + "第条",
        "第一条甲\n第二条乙\n" * 20_000,
        "第一条 甲。 第二条 乙。" * 20_000,
        "第一条 甲\n附件\n" + "第一条 甲\n" * 20_000,
        "第一条 修改为：\n" + "第七条 甲：\n" * 20_000,
        "<b>" * 100_000 + "第一条",
    ],
    ids=["spaces", "marks", "again", "one line", "annex", "quotations", "tags"],
)
def test_the_time_grows_with_the_length(body: str) -> None:
    start = process_time()
    read(body)
    assert process_time() - start < 10  # the slowest takes one second
