"""Laws by short names, parts, versions; those that were repealed."""

import pytest

from workbench.core.domain import Article, Citation, Level
from workbench.core.errors import CitationError
from workbench.corpora.citations import Dates, Resolver, law_key, parse, parse_citations
from workbench.corpora.citations.names import names


def article(
    law: str, number: str = "第一条", published: str = "", effective: str = "", part: str = ""
) -> Article:
    return Article(law, number, "…", Level.LAW, published=published, effective=effective, part=part)


COURT = "最高人民法院关于"
RESOLVER = Resolver(
    [
        article("中华人民共和国刑法修正案（八）", "条目三"),
        article("中华人民共和国刑法修正案（八）", "条目十一"),
        article("中华人民共和国劳动合同法"),
        article("中华人民共和国劳动法", "第五十三条"),
        article(f"{COURT}适用《中华人民共和国民事诉讼法》的解释"),
        article(f"{COURT}审理民间借贷案件适用法律若干问题的规定"),
        article(f"{COURT}审理劳动争议案件适用法律问题的解释（一）"),
        article(f"{COURT}适用《中华人民共和国公司法》若干问题的规定（二）"),
        article(f"{COURT}适用《中华人民共和国公司法》若干问题的规定（三）"),
        article(f"{COURT}适用《中华人民共和国企业破产法》若干问题的规定（三）"),
        article(f"{COURT}适用《中华人民共和国民法典》婚姻家庭编的解释（一）"),
        article("最高人民法院、最高人民检察院关于办理盗窃刑事案件适用法律若干问题的解释"),
        *(article("中华人民共和国民法典", number, part=part) for part, number in (("总则", "第十条"), ("第三编 合同", "第五百条"), ("婚姻家庭编", "第一千零六十五条"))),
        article("中华人民共和国刑法", "第二百六十四条"),
    ]
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("民诉法解释第1条", f"{COURT}适用《中华人民共和国民事诉讼法》的解释"),
        ("《民诉法司法解释》第1条", f"{COURT}适用《中华人民共和国民事诉讼法》的解释"),
        ("民事诉讼法司法解释第1条", f"{COURT}适用《中华人民共和国民事诉讼法》的解释"),
        ("关于适用《民事诉讼法》的解释第1条", f"{COURT}适用《中华人民共和国民事诉讼法》的解释"),
        ("民间借贷司法解释第1条", f"{COURT}审理民间借贷案件适用法律若干问题的规定"),
        ("民间借贷规定第1条", f"{COURT}审理民间借贷案件适用法律若干问题的规定"),
        ("劳动争议司法解释（一）第1条", f"{COURT}审理劳动争议案件适用法律问题的解释（一）"),
        ("劳动争议解释一第1条", f"{COURT}审理劳动争议案件适用法律问题的解释（一）"),
        ("劳动争议司法解释第1条", f"{COURT}审理劳动争议案件适用法律问题的解释（一）"),
        ("公司法解释三第1条", f"{COURT}适用《中华人民共和国公司法》若干问题的规定（三）"),
        ("公司法司法解释（2）第1条", f"{COURT}适用《中华人民共和国公司法》若干问题的规定（二）"),
        ("破产法解释三第1条", f"{COURT}适用《中华人民共和国企业破产法》若干问题的规定（三）"),
        ("婚姻家庭编解释（一）第1条", f"{COURT}适用《中华人民共和国民法典》婚姻家庭编的解释（一）"),
        ("盗窃司法解释第1条", "最高人民法院、最高人民检察院关于办理盗窃刑事案件适用法律若干问题的解释"),
        ("两高盗窃解释第1条", "最高人民法院、最高人民检察院关于办理盗窃刑事案件适用法律若干问题的解释"),
        ("劳合法第1条", "中华人民共和国劳动合同法"),
        ("适用劳动合同法第1条", "中华人民共和国劳动合同法"),
        ("违反劳动合同法第1条", "中华人民共和国劳动合同法"),
    ],
)
def test_short_names(text: str, found: str) -> None:
    assert RESOLVER.resolve(parse(text)) == f"{found}#第一条".replace(" ", "")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("公司法解释第1条", "no law of that name"),  # there are two
        ("公司法解释一第1条", "no law of that name"),
        ("合同法第52条", "合同法 was repealed on 2021-01-01 and is not in this corpus; cite what took its place: 民法典, 合同编"),
        ("原《婚姻法》第19条", "婚姻法 was repealed .* 民法典, 婚姻家庭编"),
        ("《物权法》（2007年）第1条", "物权法 was repealed"),
        ("老《劳动合同法》第1条", "no law of that name"),  # which is not the one in force
        ("修订前的《劳动合同法》第1条", "no law of that name"),
        ("民法典合同编第1065条", "is not in that part: it stands in 婚姻家庭编"),
        ("民法典婚姻家庭编第500条", "is not in that part: it stands in 第三编 合同"),
        ("刑法总则第264条", "is not in that part: it is one of 分则"),
        ("刑法修正案（八）第四条", "without 第四条"),
    ],
)  # fmt: skip
def test_what_is_not_there_says_why(text: str, why: str) -> None:
    with pytest.raises(CitationError, match=why):
        RESOLVER.resolve(parse(text))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("民法典合同编第500条", "中华人民共和国民法典#第三编合同#第五百条"),
        ("民法典第三编第500条", "中华人民共和国民法典#第三编合同#第五百条"),
        ("合同编第500条", "中华人民共和国民法典#第三编合同#第五百条"),
        ("民法典总则编第10条", "中华人民共和国民法典#总则#第十条"),
        ("民法典第10条", "中华人民共和国民法典#总则#第十条"),
        ("刑法分则第264条", "中华人民共和国刑法#第二百六十四条"),
        ("刑法修正案（八）第三条", "中华人民共和国刑法修正案（八）#条目三"),
        ("刑法修正案八第11条", "中华人民共和国刑法修正案（八）#条目十一"),
    ],
)
def test_parts_and_items(text: str, found: str) -> None:
    assert RESOLVER.resolve(parse(text)) == found


NEW = article("渡口法", published="2023-12-29", effective="2024-07-01")
OLD = article("渡口法（2018-10-26）", published="2018-10-26")
AMENDED = article("渡口法（2013修正）")
UNDATED = article("灯塔法")


@pytest.mark.parametrize(
    ("cited", "found"),
    [
        ("渡口法", NEW), ("渡口法（2023修订）", NEW), ("渡口法（2023年）", NEW), ("渡口法（2024年）", NEW), ("渡口法（2018修正）", OLD), ("渡口法（2018年修正）", OLD),
        ("渡口法（2018年10月26日修正）", OLD), ("渡口法（2018-10-26）", OLD), ("2018年渡口法", OLD), ("渡口法2018修正", OLD), ("渡口法（二次修正）", NEW), ("渡口法（2013修正）", AMENDED),
        ("灯塔法（2001修正）", UNDATED), ("灯塔法（2001年）", UNDATED),
    ],
)  # fmt: skip
def test_the_version_that_is_cited(cited: str, found: Article) -> None:
    resolver = Resolver([NEW, OLD, AMENDED, UNDATED])
    assert resolver.resolve(parse(f"{cited}第1条")) == found.doc_id


@pytest.mark.parametrize(
    "cited", ["渡口法（2018修正）", "渡口法（2024修正）", "渡口法（2023-12-28）", "渡口法（2013年）"]
)
def test_a_version_that_is_not_there(cited: str) -> None:
    with pytest.raises(CitationError, match="is in this corpus as of 2023-12-29, not of 20"):
        Resolver([NEW]).resolve(parse(f"{cited}第1条"))


def test_two_versions_of_one_year() -> None:
    resolver = Resolver([NEW, article("渡口法（2018-10-26）"), article("渡口法（2018-01-01）")])
    with pytest.raises(CitationError, match=r"has several versions of 2018 .*; write the day"):
        resolver.resolve(parse("渡口法（2018修正）第1条"))


def test_dates_are_asked_for_only_where_a_version_is_cited() -> None:
    asked = []

    def dates() -> dict[str, Dates]:
        asked.append(1)
        return {"渡口法": Dates("2023-12-29")}

    resolver = Resolver([article("渡口法")], dates)
    assert resolver.resolve(Citation("渡口法", "1")) == "渡口法#第一条"
    assert not asked
    with pytest.raises(CitationError, match="as of 2023-12-29"):
        resolver.resolve(parse("渡口法（2018修正）第1条"))


def test_an_amendment_of_each_year_is_a_law_of_its_own() -> None:
    resolver = Resolver([article("渡口法修正案（2018年）"), article("渡口法修正案（2004年）")])
    assert resolver.resolve(parse("渡口法修正案（2004年）第1条")) == "渡口法修正案（2004年）#第一条"
    with pytest.raises(CitationError, match="no law of that name"):
        resolver.resolve(parse("渡口法修正案第1条"))


@pytest.mark.parametrize("text", ["民诉法解释", "《劳合法》", "劳合法"])
def test_filters_read_names_as_citations_do(text: str) -> None:
    assert RESOLVER.laws.in_titles(text) in (
        f"{COURT}适用《中华人民共和国民事诉讼法》的解释",
        "中华人民共和国劳动合同法",
    )


def test_what_stands_in_a_title_stays_as_it_is() -> None:
    assert [RESOLVER.laws.in_titles(text) for text in ("劳动", "刑法", "灯塔")] == ["劳动", "刑法", "灯塔"]


def test_the_file_of_names_is_consistent() -> None:
    tables = names()
    short = tables["short"]
    assert not short.keys() & set(short.values())  # a name that is looked up leads to the end
    assert all(law_key(law) == law for law in short.values())
    for of_law in tables["parts"].values():
        bounds = [bound for _, *bounds in of_law.values() for bound in bounds]
        assert bounds == sorted(bounds)
        assert [ordinal for ordinal, *_ in of_law.values()] == list(range(1, len(of_law) + 1))


def test_one_name_in_another_is_no_citation_of_it() -> None:
    resolver = Resolver([article("中华人民共和国合同法"), article("中华人民共和国公司法")])
    for text in ("劳动合同法第1条", "农业合同法第1条", "渡口公司法第1条", "原公司法第1条"):
        with pytest.raises(CitationError, match="no law of that name"):
            resolver.resolve(*parse_citations(text))
