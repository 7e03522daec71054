"""Whatever way a citation is spelled, it resolves to its own article and never to another one."""

import random
from functools import cache

import cn2an
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from opencc import OpenCC

from workbench.core.domain import Article, Level
from workbench.core.errors import WorkbenchError
from workbench.corpora.citations import Resolver, parse_citations
from workbench.query_sets.formats import parse_queries

COUNTRY = "中华人民共和国"
# Title -> what else it is called.
LAWS = {
    "中华人民共和国刑法": ("刑法",),
    "中华人民共和国刑事诉讼法": ("刑事诉讼法", "刑诉法"),
    "中华人民共和国民法典": ("民法典",),
    "中华人民共和国劳动法": ("劳动法",),
    "中华人民共和国劳动合同法": ("劳动合同法", "劳合法"),
    "中华人民共和国道路交通安全法": ("道路交通安全法", "道交法"),
    "中华人民共和国道路交通安全法实施条例": ("道路交通安全法实施条例", "道交法实施条例"),
    "中华人民共和国公司法": ("公司法", "公司法（2023修订）", "公司法2023年修订"),
    "中华人民共和国公司法（2018-10-26）": ("公司法（2018修正）", "2018年修正的公司法", "公司法（2018年）"),
    "最高人民法院关于适用《中华人民共和国民事诉讼法》的解释": ("民诉法解释", "民诉法司法解释", "关于适用《民事诉讼法》的解释"),
    "最高人民法院关于适用《中华人民共和国公司法》若干问题的规定（三）": ("公司法解释三", "公司法司法解释（三）"),
    "最高人民法院关于适用刑法第十二条几个问题的解释": (),
    "甲省实施《中华人民共和国道路交通安全法》办法": ("甲省实施《道路交通安全法》办法",),
}  # fmt: skip
TITLES = list(LAWS)
MOST = 1_260
SUBS = {120: 6, 133: 2}  # number -> how many 之一, 之二 … it has


def published(title: str) -> str:
    return {"中华人民共和国公司法": "2023-12-29", "中华人民共和国公司法（2018-10-26）": "2018-10-26"}.get(
        title, ""
    )


def chinese(number: int, sub: int) -> str:
    return f"第{cn2an.an2cn(number)}条" + (f"之{cn2an.an2cn(sub)}" if sub else "")


@cache
def resolver() -> Resolver:
    numbers = [(number, sub) for number in range(1, MOST + 1) for sub in range(SUBS.get(number, 0) + 1)]
    return Resolver(
        Article(title, chinese(*number), "…", Level.LAW, published=published(title))
        for title in TITLES
        for number in numbers
    )


def spellings(number: int, sub: int) -> list[str]:
    """How a number may be written."""
    small, financial = cn2an.an2cn(number), cn2an.an2cn(number, "up")
    wide = str(number).translate({ord("0") + digit: ord("０") + digit for digit in range(10)})
    circled = small.replace("零", "○")
    if not sub:
        plain = [f"第{each}条" for each in (small, number, wide, f"{number:,}", financial, circled)]
        return [*plain, f"第 {number} 条", f"{number}条", f"第{number}條"]
    behind = cn2an.an2cn(sub)
    return [
        f"第{small}条之{behind}",
        f"第{number}条之{sub}",
        f"第{number}-{sub}条",
        f"第{small}条 之 {sub}",
    ]


PINPOINTS = {
    "": "", "第一款": "第一款", "第1款": "第一款", "第二款第（三）项": "第二款第（三）项", "第2款第(3)项": "第二款第（三）项", "（第1款）": "第一款", "第三项": "第（三）项",
    "第1、2款": "第一款、第二款", "前段": "前段", "第一款但书": "第一款但书", "第一款第（一）至（三）项": "第一款第（一）项至第（三）项", "第2款后段": "第二款后段",
}  # fmt: skip
BEFORE = ("", "根据", "依照", "按照", "参见", "本院认为，依据", "法条：")
BEHIND = ("", "规定", "之规定", "的规定", "的有关规定。", "规定的情形")
ARTICLES = st.tuples(st.integers(1, MOST), st.just(0)) | st.sampled_from(
    [(number, sub) for number, last in SUBS.items() for sub in range(1, last + 1)]
)


@st.composite
def names(draw: st.DrawFn) -> tuple[str, str]:
    """A title, and one of its spellings."""
    title = draw(st.sampled_from(TITLES))
    name = draw(st.sampled_from([title, *LAWS[title]]))
    return title, draw(st.sampled_from([name, f"《{name}》", f" {name} "])) if "《" not in name else name


@st.composite
def citations(draw: st.DrawFn) -> tuple[str, str, str]:
    """A text, the `doc_id` that it names, and the pinpoint."""
    title, name = draw(names())
    number = draw(ARTICLES)
    pinpoint = draw(st.sampled_from(list(PINPOINTS)))
    spelled = draw(st.sampled_from(spellings(*number)))
    assume(spelled[0] == "第" or name.strip()[-1] != "三")  # 公司法解释三1条 is refused
    before, behind = draw(st.sampled_from(BEFORE)), draw(st.sampled_from(BEHIND))
    text = f"{before}{name}{spelled}{pinpoint}{behind}"
    return text, f"{title}#{chinese(*number)}", PINPOINTS[pinpoint]


CONVERTER = OpenCC("s2t")


def traditional(text: str) -> str:
    return str(CONVERTER.convert(text))


@settings(max_examples=1_000, deadline=None)
@given(citations(), st.booleans())
def test_every_citation_names_its_own_article(case: tuple[str, str, str], is_traditional: bool) -> None:
    text, doc_id, pinpoint = case
    (citation,) = parse_citations(traditional(text) if is_traditional else text)
    assert resolver().resolve(citation) == doc_id
    assert citation.pinpoint == pinpoint


@settings(max_examples=500, deadline=None)
@given(
    st.lists(citations(), min_size=2, max_size=4),
    st.sampled_from(["、", "，", "；", "和", "以及", "/", "或"]),
)
def test_every_citation_of_a_list(cases: list[tuple[str, str, str]], between: str) -> None:
    parsed = parse_citations(between.join(text.rstrip("。") for text, _, _ in cases))
    assert [resolver().resolve(citation) for citation in parsed] == [doc_id for _, doc_id, _ in cases]


@settings(max_examples=500, deadline=None)
@given(
    names(),
    st.integers(1, MOST - 20),
    st.integers(1, 20),
    st.sampled_from(["至", "到", "-", "—", "~"]),
    st.data(),
)
def test_every_article_of_a_range(
    name: tuple[str, str], first: int, length: int, to: str, data: st.DataObject
) -> None:
    title, spelled = name
    ends = (
        [chinese(first, 0), f"第{first}条", f"第{first}"],
        [chinese(first + length, 0), f"{first + length}条"],
    )
    begin, end = (data.draw(st.sampled_from(each)) for each in ends)
    found = [resolver().resolve(citation) for citation in parse_citations(f"{spelled}{begin}{to}{end}")]
    assert found == [f"{title}#{chinese(number, 0)}" for number in range(first, first + length + 1)]


BASES = [
    "《中华人民共和国刑法》第二百六十四条第一款第（三）项、第二百六十五条", "根据劳动合同法第47条第1、2款及《公司法（2018修正）》第2条的规定", "民法典合同编第五百条至第1,062条",
    "最高人民法院关于适用刑法第十二条几个问题的解释第一条", "刑法第120-1条；勞動法第36條但書", "公司法解释三第5条（第1款）",
]  # fmt: skip
LETTERS = "第条款项目编章之至-—~、，；,;()（）《》〈〉[]【】 和与及或根据规定的法典0123456789零○一二两三十百千廿壹拾佰年版修正条目全文a.#\u3000\u200b\ue000條項"


def mutated(text: str, seed: int) -> str:
    """`text` with one to six characters put in, taken out or moved."""
    chance = random.Random(seed)
    characters = list(text)
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(characters) + 1)
        characters[place : place + chance.randint(0, 3)] = chance.choices(LETTERS, k=chance.randint(0, 3))
    return "".join(characters)


def test_ten_thousand_mutated_citations_raise_nothing_but_faults_of_our_own() -> None:
    read = 0
    for seed in range(10_000):
        text = mutated(BASES[seed % len(BASES)], seed)
        try:
            for citation in parse_citations(text):
                read += resolver().resolve(citation) != ""
        except WorkbenchError:
            continue
    assert read > 1_000


@pytest.mark.parametrize("name", ["queries.csv", "queries.jsonl"])
def test_thousands_of_mutated_files_raise_nothing_but_faults_of_our_own(name: str) -> None:
    csv = "text,relevant\n" + "".join(f"问{number},{base}\n" for number, base in enumerate(BASES))
    lines = "".join(
        f'{{"query_id": "{n}", "text": "问", "relevant": ["{base}"]}}\n' for n, base in enumerate(BASES)
    )
    content = csv.replace(",刑", ';"刑') if name.endswith("csv") else lines
    for seed in range(5_000):
        try:
            parse_queries(mutated(content, seed).encode(), name)
        except WorkbenchError:
            continue
