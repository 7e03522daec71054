import cn2an
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import ARTICLES
from workbench.citations import Resolver, article_number, law_key, parse
from workbench.domain import Article, Citation, Level
from workbench.errors import CitationError


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("第五十五条", "第五十五条"), ("第55条", "第五十五条"), ("第五十五", "第五十五条"), ("55", "第五十五条"), ("５５", "第五十五条"), (" 第 55 条 ", "第五十五条"),
        ("五十五", "第五十五条"), ("第十条", "第十条"), ("第一十条", "第十条"), ("第一百零五条", "第一百零五条"), ("第一百〇五条", "第一百零五条"),
        ("第1065条", "第一千零六十五条"), ("第一百二十条之一", "第一百二十条之一"), ("第120条之1", "第一百二十条之一"), ("120条之一", "第一百二十条之一"),
        ("全文", "全文"), ("条目三", "条目三"),
    ],
)  # fmt: skip
def test_every_spelling_of_a_number_has_one_form(written: str, canonical: str) -> None:
    assert article_number(written) == canonical


@pytest.mark.parametrize("written", ["", "条", "第条", "第0条", "abc", "55.5", "第十千条", "-3", "第99999条"])
def test_what_is_no_number_is_refused(written: str) -> None:
    with pytest.raises(CitationError, match=r"is no article number; write e\.g\."):
        article_number(written)


@given(st.integers(1, 9999))
def test_arabic_and_chinese_agree_with_cn2an(number: int) -> None:
    assert article_number(str(number)) == article_number(f"第{cn2an.an2cn(number)}条") == f"第{cn2an.an2cn(number)}条"


@pytest.mark.parametrize("name", ["刑法", "中华人民共和国刑法", "《刑法》", "《中华人民共和国刑法》", " 中华人民共和国 刑法 "])
def test_a_law_has_one_key(name: str) -> None:
    assert law_key(name) == "刑法"


@pytest.mark.parametrize(
    ("short", "full"),
    [("消法", "消费者权益保护法"), ("道交法", "道路交通安全法"), ("民诉法", "民事诉讼法"), ("个税法", "个人所得税法"), ("未保法", "未成年人保护法")],
)
def test_common_short_names(short: str, full: str) -> None:
    assert law_key(short) == law_key(f"中华人民共和国{full}")


@pytest.mark.parametrize(
    ("text", "law", "article"),
    [
        ("刑法第二百六十三条", "刑法", "第二百六十三条"), ("《中华人民共和国刑法》第263条", "刑法", "第二百六十三条"), ("民法典 1065", "民法典", "第一千零六十五条"),
        ("甲省实施《中华人民共和国渡口法》办法 第二条", "甲省实施渡口法办法", "第二条"),
    ],
)  # fmt: skip
def test_a_citation_in_one_string(text: str, law: str, article: str) -> None:
    assert parse(text) == Citation(law, article)


@pytest.mark.parametrize("text", ["", "刑法", "第55条", "hello"])
def test_what_is_no_citation(text: str) -> None:
    with pytest.raises(CitationError):
        parse(text)


def test_resolving() -> None:
    resolver = Resolver(ARTICLES)
    assert resolver.resolve(Citation("渡口法", "2")) == "中华人民共和国渡口法#第二条"
    assert resolver.resolve(Citation("甲省实施《渡口法》办法", "2")) == "甲省实施《中华人民共和国渡口法》办法#第二条"


@pytest.mark.parametrize(
    ("law", "article", "why"),
    [("渡口法", "9", "without 第九条"), ("渡口管理法", "1", "nearest name is 中华人民共和国渡口法"), ("qqq", "1", "no law has a similar name")],
)
def test_what_does_not_resolve_says_why(law: str, article: str, why: str) -> None:
    with pytest.raises(CitationError, match=why):
        Resolver(ARTICLES).resolve(Citation(law, article))


def test_parts_with_own_numbers() -> None:
    parts = [Article(law="民法典", part=part, article="第一条", text="…", level=Level.LAW) for part in ("总则", "合同")]
    resolver = Resolver(parts)
    assert resolver.resolve(Citation("民法典", "1", "合同")) == "民法典#合同#第一条"
    with pytest.raises(CitationError, match="more than one part"):
        resolver.resolve(Citation("民法典", "1"))
