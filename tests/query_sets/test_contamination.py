"""What a test gives away: the same questions and the same articles in training; against plain sets of Python."""

from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import ARTICLES, ROOT
from workbench.core.domain import Citation, Query
from workbench.core.wording import bigrams
from workbench.corpora.citations import Resolver
from workbench.query_sets.contamination import (
    NEARLY_THE_SAME,
    Contamination,
    NearDuplicate,
    TrainingQuery,
    contamination,
    near_duplicates,
    training_queries,
)
from workbench.query_sets.formats import read_queries
from workbench.query_sets.prompts import without_prompt
from workbench.query_sets.query_set import QuerySet

STORY = "公司没跟我签劳动合同，我干了半年，现在要辞退我，能要双倍工资吗？"
LEASE = "租船合同写的是我爸的名字，他上个月走了，我妈一直跟他住船上，船东能马上收船吗？"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("渡船最多坐几个人", "渡船最多坐几个人？", True),
        ("渡船最多坐几个人", "渡船最多坐几个人啊", True),
        ("抢劫罪一般判几年", "请问抢劫罪一般判几年", True),
        ("ＡＰＰ收费合法吗", "app 收费 合法吗？", True),
        ("老板拖着工资不发，我该找谁？", "老板拖工资不发我该找谁", True),
        (STORY, STORY.replace("半年", "八个月"), True),
        (LEASE, "租船合同写的是我爸名字，他上个月走了，我妈一直跟他住船上，船东能马上收船不？", True),
        ("抢劫罪一般判几年", "抢夺罪一般判几年", False),
        ("试用期最长多久", "试用期最短多久", False),
        ("渡船最多坐几个人", "渡船能坐多少人", False),
        (STORY, STORY.replace("双倍工资", "经济补偿"), False),
        (LEASE, STORY, False),
        ("？", "！", False),
        ("法", "法。", True),
        ("法", "法律", False),
    ],
)
def test_nearly_the_same(one: str, other: str, same: bool) -> None:
    assert (
        bool(near_duplicates([one], [other], NEARLY_THE_SAME))
        is same
        is bool(near_duplicates([other], [one], NEARLY_THE_SAME))
    )


texts = st.text("渡船灯塔,a", max_size=8)


@settings(deadline=None)  # the first use imports SciPy
@given(
    st.lists(texts, max_size=6),
    st.lists(texts, max_size=12),
    st.sampled_from([0.1, 0.5, NEARLY_THE_SAME, 1.0]),
)
def test_the_sparse_product_finds_what_sets_find(ours: list[str], theirs: list[str], at_least: float) -> None:
    def likeness(one: str, other: str) -> float:
        return len(bigrams(one) & bigrams(other)) / max(len(bigrams(one) | bigrams(other)), 1)

    expected = {}
    for row, one in enumerate(ours):
        best = max(range(len(theirs)), key=lambda place: likeness(one, theirs[place]), default=None)
        if best is not None and likeness(one, theirs[best]) >= at_least:
            expected[row] = (best, likeness(one, theirs[best]))
    assert near_duplicates(ours, theirs, at_least) == expected


@settings(deadline=None)
@given(st.integers(0, 5_000))
def test_any_place_is_found(place: int) -> None:
    assert near_duplicates(["渡船最多坐几个人"], ["谁看灯塔"] * place + ["渡船最多坐几个人"] * 2, 1.0) == {
        0: (place, 1.0)
    }


JUDGED = tuple(
    Query(query_id, text)
    for query_id, text in [
        ("q1", "渡船最多坐几个人"),
        ("q2", "谁看灯塔"),
        ("q3", "夜里摆渡要点几盏灯"),
        ("q4", "谁"),
    ]
)
QRELS = {"q1": {"a": 1, "b": 1}, "q2": {"c": 2}, "q3": {"d": 1}, "q4": {"e": 1}}
QUERY_SET = QuerySet("test", JUDGED, QRELS)


def test_contamination() -> None:
    training = [
        TrainingQuery("怎么过河", frozenset("bx")),
        TrainingQuery("渡船最多坐几个人啊"),
        TrainingQuery("怎么点灯", frozenset("c")),
        TrainingQuery("夜里摆渡要点几盏灯？", frozenset("y")),
    ]
    found = contamination(QUERY_SET, training)
    assert found == Contamination(
        near_duplicates={
            "q1": NearDuplicate("渡船最多坐几个人啊", 7 / 8),
            "q3": NearDuplicate("夜里摆渡要点几盏灯？", 1.0),
        },
        relevant_positives=frozenset("bc"),
        all_positives=frozenset({"q2"}),
        some_positives=frozenset({"q1"}),
    )
    assert found.contaminated == {"q1", "q2", "q3"}


@pytest.mark.parametrize(
    "prompt",
    [
        "task: search result | query: ",
        "task: question answering | query: ",
        "query: ",
        "search_query: ",
        "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:",
        "Instruct: Find statutes\nQuery: query: ",
        "Represent this sentence for searching relevant passages: ",
        "为这个句子生成表示以用于检索相关文章：",
        "请检索：",  # of one of the pair's systems
        "请检索：query: ",
    ],
)
def test_a_prompt_before_a_question_counts_for_nothing(prompt: str) -> None:
    asked = prompt + "夜里摆渡要点几盏灯"
    found = contamination(QUERY_SET, [TrainingQuery(asked)], prompts=["请检索：\n"])
    assert found.near_duplicates == {"q3": NearDuplicate(asked, 1.0)}
    assert contamination(QUERY_SET, [TrainingQuery(prompt)], ["请检索："]).near_duplicates == {}


@pytest.mark.parametrize(
    "text",
    [
        "查询：渡船最多坐几个人",
        "query",
        "task: 渡船 query 灯塔",
        "Which query: is longest",
        "represent this: 灯塔",
        "query: ",
    ],
)
def test_what_is_no_prompt_stays(text: str) -> None:
    assert without_prompt(text) == text


@pytest.mark.parametrize(
    ("query_set", "training"),
    [(QUERY_SET, []), (QuerySet("none", (), {}), [TrainingQuery("谁看灯塔", frozenset("c"))])],
)
def test_nothing_given_away(query_set: QuerySet, training: list[TrainingQuery]) -> None:
    assert contamination(query_set, training) == Contamination({}, frozenset(), frozenset(), frozenset())


def test_training_queries_keep_what_resolves() -> None:
    queries = [
        Query(
            "1",
            "谁看灯塔",
            (
                Citation("灯塔法", "1"),
                Citation("灯塔法", "9"),
                Citation(doc_id="中华人民共和国渡口法#第二条"),
            ),
        ),
        Query("2", "谁看海港", (Citation("海港法", "1"),)),
        Query("3", "谁"),
    ]
    assert training_queries(queries, Resolver(ARTICLES)) == [
        TrainingQuery("谁看灯塔", frozenset({"中华人民共和国灯塔法#第一条", "中华人民共和国渡口法#第二条"})),
        TrainingQuery("谁看海港"),
        TrainingQuery("谁"),
    ]


def test_the_sample_queries_keep_training_and_test_apart() -> None:
    test, train = (
        [query.text for query in read_queries(ROOT / "sample_queries" / f"{name}.jsonl")]
        for name in ("test", "train")
    )
    assert near_duplicates(test, train, 0.5) == {}
    assert near_duplicates(train, train, 1.0) == {place: (place, 1.0) for place in range(len(train))}


def test_training_as_large_as_lawvaults_takes_seconds(test_data: Path) -> None:
    asked = [query.text for query in read_queries(test_data / "stard_dev.jsonl")]
    halves = [text[len(text) // 2 :] for text in asked]
    training = [asked[number % 400] + halves[number * 7 % 397] for number in range(65_783)]
    began = perf_counter()
    near_duplicates(asked * 5, training, NEARLY_THE_SAME)
    assert perf_counter() - began < 30  # 3 s where nothing else runs
