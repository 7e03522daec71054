"""The demo's two models on tiny real text: alphabet, pseudo-queries, local law for training alone, base and tuned."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer

from tests.conftest import ARTICLES, QUERIES, ROOT
from workbench.core.documents import format_document
from workbench.core.domain import Article, Level, Scope
from workbench.corpora.citations import Resolver
from workbench.corpora.sources import synthetic
from workbench.corpora.titles import implemented_law, place_names, region_of_title, short_place
from workbench.query_sets.formats import read_queries
from workbench.query_sets.query_set import QuerySet, resolve_qrels
from workbench.training.demo import save, tune
from workbench.training.demo_base import train_base
from workbench.training.pseudo_queries import pseudo_queries
from workbench.training.recipes import read_recipe
from workbench.training.tokenizer import UNKNOWN, train_tokenizer
from workbench.training.widened import widened

TEMPLATE = "title: {law} {article} | text: {text}"
TEXTS = [format_document(article, TEMPLATE) for article in ARTICLES]
NATIONAL = [article for article in ARTICLES if article.scope is Scope.NATIONAL]
DIMS = (16, 4)
BASE = read_recipe("demo-base", batch_size=256)
TUNED = read_recipe("demo", batch_size=16, epochs=20)

# A law that does not exist, from its purpose to its entry into force.
WHOLE_LAW = [
    Article(law="中华人民共和国风车法", article=article, text=text, level=Level.LAW, chapter=chapter)
    for article, chapter, text in (
        ("第一条", "第一章 总则", "为了爱护风车，制定本法。"),
        ("第二条", "第一章 总则", "国家鼓励修理旧风车。"),
        ("第三条", "第二章 磨坊", "国务院磨坊主管部门每年清点全国的风车。"),
        ("第四条", "第二章 磨坊", "违反本法第三条规定的，停转三日。"),
        ("第五条", "第二章 磨坊", "本法自二〇〇一年一月一日起施行。"),
    )
]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a base model."""
    folder = tmp_path_factory.mktemp("models") / "base"
    save(train_base(NATIONAL, TEMPLATE, DIMS, BASE, count=4_000), folder)
    return folder


@pytest.fixture
def query_set(tmp_path: Path) -> QuerySet:
    (tmp_path / "queries.jsonl").write_text(QUERIES, encoding="utf-8")
    return resolve_qrels("tiny", read_queries(tmp_path / "queries.jsonl"), Resolver(ARTICLES))


def loaded(folder: Path) -> SentenceTransformer:
    return SentenceTransformer(str(folder), device="cpu")


def same(one: SentenceTransformer, other: SentenceTransformer) -> bool:
    ours, theirs = one.state_dict(), other.state_dict()
    return ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)


def gap(model: SentenceTransformer, right: Mapping[str, int]) -> float:
    """How far the right article of the worst question lies above the best wrong one; `right`: question -> its row."""
    scores = model.encode(list(right)) @ model.encode(TEXTS).T
    rows, columns = np.arange(len(right)), list(right.values())
    own = scores[rows, columns]
    scores[rows, columns] = -1
    return float((own - scores.max(axis=1)).min())


def test_no_everyday_character_is_unknown() -> None:
    tokenizer = train_tokenizer(TEXTS)
    everyday = "怎么办咋整俺侬嘅冇啥咱仨俩甭囧她它吗呢吧啦哎哟喂爸妈爷奶姥娃崽猫狗微信支付宝快递外卖奶茶奥特曼ABCxyz0123456789"
    rare = "".join(map(chr, range(0x4E00, 0xA000)))
    for text in (everyday, rare):
        encoding = tokenizer.encode(text)
        assert UNKNOWN not in encoding.tokens
        assert "".join(encoding.tokens) == text.lower()
    assert tokenizer.encode("，。！😀").tokens == []


def test_pseudo_queries_come_from_their_own_article_and_the_same_every_time() -> None:
    drawn = list(pseudo_queries(ARTICLES, 700, seed=1))
    assert drawn == list(pseudo_queries(ARTICLES, 700, seed=1))
    assert drawn != list(pseudo_queries(ARTICLES, 700, seed=2))
    assert sorted(position for _, position in drawn[:7]) == list(range(7))
    for question, position in drawn:
        article = ARTICLES[position]
        assert question.startswith(article.region)
        letters = re.sub(r"\W", "", article.law + article.text)
        assert all(
            re.sub(r"\W", "", part) in letters for part in question.removeprefix(article.region).split("，")
        )


def test_the_base_learns_which_article_a_text_comes_from(base: Path) -> None:
    untrained = train_base(NATIONAL, TEMPLATE, DIMS, replace(BASE, learning_rate=1e-9), count=4_000)
    asked = {article.text[:7]: ARTICLES.index(article) for article in NATIONAL}
    assert gap(loaded(base), asked) > gap(untrained, asked)


def test_tuning_learns_the_questions(base: Path, query_set: QuerySet) -> None:
    doc_ids = [article.doc_id for article in ARTICLES]
    right = {
        query.text: doc_ids.index(next(iter(query_set.qrels[query.query_id]))) for query in query_set.judged
    }
    model = loaded(base)
    before = gap(model, right)
    tune(model, ARTICLES, query_set, TEMPLATE, DIMS, TUNED)
    assert gap(model, right) > max(0, before)


def test_training_twice_makes_the_same_weights(base: Path, query_set: QuerySet) -> None:
    torch.manual_seed(1)  # what was drawn before must not matter
    assert same(train_base(NATIONAL, TEMPLATE, DIMS, BASE, count=4_000), loaded(base))
    one, other = loaded(base), loaded(base)
    for number, model in enumerate((one, other)):
        torch.manual_seed(number)
        tune(model, ARTICLES, query_set, TEMPLATE, DIMS, TUNED)
    assert same(one, other)
    assert not same(one, loaded(base))


def test_a_saved_model_is_an_ordinary_folder(base: Path, tmp_path: Path) -> None:
    model = loaded(base)
    save(model, tmp_path / "models" / "copy")
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["copy"]
    again = loaded(tmp_path / "models" / "copy")
    assert same(model, again)
    vectors = again.encode(TEXTS)
    np.testing.assert_array_equal(vectors, model.encode(TEXTS))
    assert vectors.shape == (len(TEXTS), max(DIMS))
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert (tmp_path / "models" / "copy" / "model.safetensors").is_file()


def test_a_widened_law_is_its_national_one_article_by_article() -> None:
    for seed in range(20):
        local = widened(WHOLE_LAW, seed=seed)
        (region,) = {article.region for article in local}
        own = (
            f"本{region[-3:] if region.endswith('自治区') else region[-1] if region.endswith('省') else '市'}"
        )
        this = "本办法" if "《" in local[0].law else "本条例"
        assert region in place_names()
        assert [article.article for article in local] == [article.article for article in WHOLE_LAW]
        assert local[1].text == f"{own}鼓励修理旧风车。"
        assert local[2].text.startswith(f"{own[1:]}人民政府磨坊主管部门每年清点全")
        assert local[3].text == "违反《中华人民共和国风车法》第三条规定的，停转三日。"
        assert local[4].text.startswith(f"{this}自")


def test_widened_law_stands_in_real_places_and_says_what_it_carries_out() -> None:
    local = [article for seed in range(40) for article in widened(WHOLE_LAW, seed=seed)]
    assert len({article.region for article in local}) > 20
    assert {article.scope for article in local} == {Scope.LOCAL}
    assert {article.implements for article in local} == {"中华人民共和国风车法"}
    assert all(article.synthetic and region_of_title(article.law) for article in local)
    titles = {article.law.removeprefix(article.region) for article in local}
    assert {title for title in titles if "《" in title} == {"实施《中华人民共和国风车法》办法"}
    assert {title for title in titles if "《" not in title} == {
        "风车条例",
        "风车规定",
        "风车管理条例",
        "风车若干规定",
    }
    carried_out = {implemented_law(title) for title in titles if "《" in title}
    assert carried_out == {"中华人民共和国风车法"}


def test_every_national_law_is_widened_and_no_local_one() -> None:
    local = widened(ARTICLES, seed=3)
    assert local == widened(ARTICLES, seed=3)
    assert local != widened(ARTICLES, seed=4)
    assert {article.implements for article in local} == {article.law for article in NATIONAL}
    assert widened([article for article in ARTICLES if article.scope is Scope.LOCAL], seed=3) == []


def test_widened_law_never_gets_into_a_corpus() -> None:
    fictional = {place["name"] for place in synthetic.rules()["places"]}
    assert not fictional & {name for place in place_names() for name in (place, short_place(place))}
    users = {
        path.relative_to(ROOT / "workbench").as_posix()
        for path in (ROOT / "workbench").rglob("*.py")
        if "training.widened" in path.read_text(encoding="utf-8")
    }
    assert users == {"training/demo.py"}


def test_tuning_leaves_the_articles_as_they_are(base: Path, query_set: QuerySet) -> None:
    articles = list(ARTICLES)
    tune(loaded(base), articles, query_set, TEMPLATE, DIMS, replace(TUNED, epochs=1))
    assert articles == list(ARTICLES)
