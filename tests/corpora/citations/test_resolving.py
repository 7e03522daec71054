from time import perf_counter

import cn2an
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import ARTICLES
from workbench.core.domain import Article, Citation, Level
from workbench.core.errors import CitationError
from workbench.corpora.citations import Resolver, article_number, law_key, parse


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
    assert (
        article_number(str(number))
        == article_number(f"第{cn2an.an2cn(number)}条")
        == f"第{cn2an.an2cn(number)}条"
    )


@pytest.mark.parametrize(
    "name",
    [
        "刑法",
        "中华人民共和国刑法",
        "《刑法》",
        "《中华人民共和国刑法》",
        " 中华人民共和国 刑法 ",
        "「刑法」",
        "『刑法』",
        "“刑法”",
    ],
)
def test_a_law_has_one_key(name: str) -> None:
    assert law_key(name) == "刑法"


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("消法", "消费者权益保护法"),
        ("道交法", "道路交通安全法"),
        ("民诉法", "民事诉讼法"),
        ("个税法", "个人所得税法"),
        ("未保法", "未成年人保护法"),
    ],
)
def test_common_short_names(short: str, full: str) -> None:
    assert law_key(short) == law_key(f"中华人民共和国{full}")


@pytest.mark.parametrize(
    ("text", "law", "article"),
    [
        ("刑法第二百六十三条", "刑法", "第二百六十三条"),
        ("《中华人民共和国刑法》第263条", "刑法", "第二百六十三条"),
        ("民法典 1065", "民法典", "第一千零六十五条"),
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
    assert (
        resolver.resolve(Citation("甲省实施《渡口法》办法", "2"))
        == "甲省实施《中华人民共和国渡口法》办法#第二条"
    )


@pytest.mark.parametrize(
    ("law", "article", "why"),
    [
        ("渡口法", "9", "without 第九条"),
        ("渡口管理法", "1", "nearest name is 中华人民共和国渡口法"),
        ("qqq", "1", "no law has a similar name"),
    ],
)
def test_what_does_not_resolve_says_why(law: str, article: str, why: str) -> None:
    with pytest.raises(CitationError, match=why):
        Resolver(ARTICLES).resolve(Citation(law, article))


def test_parts_with_own_numbers() -> None:
    parts = [
        Article(law="民法典", part=part, article="第一条", text="…", level=Level.LAW)
        for part in ("总则", "合同")
    ]
    resolver = Resolver(parts)
    assert resolver.resolve(Citation("民法典", "1", "合同")) == "民法典#合同#第一条"
    with pytest.raises(CitationError, match="more than one part"):
        resolver.resolve(Citation("民法典", "1"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("甲省实施《渡口法》办法", "甲省实施「中华人民共和国渡口法」办法"),
        ("渡口解释（一）", "渡口解释(一)"),
        ("关于“黑船”的批复", '关于"黑船"的批复'),
    ],
)
def test_quotes_and_brackets_within_a_name(one: str, other: str) -> None:
    assert law_key(one) == law_key(other)


def laws(*names: str) -> Resolver:
    return Resolver([Article(law=name, article="第一条", text="…", level=Level.LAW) for name in names])


@pytest.mark.parametrize(
    ("corpus", "cited", "found"),
    [
        (["中华人民共和国渡口法"], "渡口法（2021修正）", "中华人民共和国渡口法"),
        (["中华人民共和国渡口法"], "《中华人民共和国渡口法(2021年第二次修订)》", "中华人民共和国渡口法"),
        (["中华人民共和国渡口法（2012修正）"], "渡口法", "中华人民共和国渡口法（2012修正）"),
        (["渡口法（2012修正）", "渡口法（2021修正）"], "渡口法", "渡口法（2021修正）"),
        (["渡口法（2012修正）", "渡口法（2021修正）"], "渡口法(2012修正)", "渡口法（2012修正）"),
        (["渡口法", "渡口法（2012修正）"], "渡口法", "渡口法"),
        (["渡口法", "渡口法（2012修正）"], "渡口法（2021修正）", "渡口法"),
        (["渡口法", "渡口法（2012修正）"], "渡口法(2012 修正)", "渡口法（2012修正）"),
    ],
)  # fmt: skip
def test_versions_of_a_law(corpus: list[str], cited: str, found: str) -> None:
    assert laws(*corpus).resolve(Citation(cited, "1")) == f"{found}#第一条"


@pytest.mark.parametrize("cited", ["渡口法修正案（2004年）", "渡口法（试行）", "渡口解释（二）"])
def test_brackets_that_name_another_law(cited: str) -> None:
    with pytest.raises(CitationError, match="no law of that name"):
        laws("渡口法修正案（2018年）", "渡口法", "渡口解释（一）").resolve(Citation(cited, "1"))


NAMED = Resolver(
    [
        Article(law="渡口法", article="第一条", text="…", level=Level.LAW, source_id="clause-0011"),
        Article(law="渡口法", article="第二条", text="…", level=Level.LAW, source_id="clause-0013"),
        Article(law="民法典", part="总则", article="第一条", text="…", level=Level.LAW, source_id="1"),
        Article(law="灯塔法", article="第一条", text="…", level=Level.LAW, source_id="1"),
        Article(law="灯塔", article="doc-7", text="…", level=Level.LAW, source_id="渡口法#第一条"),
    ]
)


@pytest.mark.parametrize(
    ("doc_id", "found"),
    [
        ("渡口法#第二条", "渡口法#第二条"), ("clause-0013", "渡口法#第二条"), ("民法典#总则#第一条", "民法典#总则#第一条"), ("灯塔#doc-7", "灯塔#doc-7"),
        ("渡口法#第一条", "渡口法#第一条"),  # the corpus's own name goes before a source's
        ("渡口法第2条第1款", "渡口法#第二条"), ("中华人民共和国渡口法#第2条", "渡口法#第二条"), ("《民法典》#总则#1", "民法典#总则#第一条"),
    ],
)  # fmt: skip
def test_a_doc_id_alone_names_the_article(doc_id: str, found: str) -> None:
    assert NAMED.resolve(Citation("灯塔法", "1", doc_id=doc_id)) == found


@pytest.mark.parametrize(
    ("doc_id", "why"),
    [
        (
            "clause-0012",
            '"clause-0012": no article of this corpus or its sources is called so; the nearest is clause-001[13]',
        ),
        ("9", '"9": no article of this corpus or its sources is called so; check which corpus it is of'),
        ("1", '"1": is what 2 articles are called in their sources; write e.g. 民法典#总则#第一条'),
        ("渡口法#第九条", "渡口法 is in this corpus, but without 第九条"),
        ("渡口管理法#第一条", "no law of that name is in this corpus; the nearest name is 渡口法"),
        ("渡口法#doc-7", '"doc-7": is no article number'),
        ("#", "no article of this corpus"),
        ("渡口法第一百二条", "may be 第一百零二条 or 第一百二十条"),
        ("渡口法第九条", "渡口法 is in this corpus, but without 第九条"),
        ("渡口法第一条、第二条", "no article of this corpus"),
    ],
)
def test_a_doc_id_that_is_not_there_says_what_is_near(doc_id: str, why: str) -> None:
    with pytest.raises(CitationError, match=why):
        NAMED.resolve(Citation(doc_id=doc_id))


def test_documents_without_numbers_do_not_hide_the_others() -> None:
    articles = [
        Article(law="渡口法", article=number, text="…", level=Level.LAW) for number in ("第一条", "doc-7")
    ]
    assert Resolver(articles).resolve(Citation("渡口法", "1")) == "渡口法#第一条"


def test_many_unknown_laws_are_told_quickly() -> None:
    resolver = laws(
        *(f"{'甲乙丙丁戊己庚辛壬癸'[number % 10]}省第{number}号渡口管理条例" for number in range(3_400))
    )
    began = perf_counter()
    for number in range(20_000):
        with pytest.raises(CitationError):
            resolver.resolve(Citation(f"第{number % 20}号灯塔管理条例", "1"))
    assert perf_counter() - began < 5  # 0.4 s where nothing else runs
