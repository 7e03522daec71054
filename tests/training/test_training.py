"""Training on tiny real text: the alphabet, the pseudo-queries, the mined negatives, a loss that falls, a saved folder."""

import re
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer

from tests.conftest import ARTICLES, QUERIES
from workbench.core.documents import format_document
from workbench.core.domain import Scope
from workbench.core.vectors import Vectors
from workbench.corpora.citations import Resolver
from workbench.query_sets.formats import read_queries
from workbench.query_sets.query_set import QuerySet, resolve_qrels
from workbench.training.demo import train_base, tune
from workbench.training.negatives import mine
from workbench.training.pseudo_queries import pseudo_queries
from workbench.training.tokenizer import UNKNOWN, TokenizedTexts, train_tokenizer
from workbench.training.trainer import encode, load, save

TEMPLATE = "title: {law} {article} | text: {text}"
TEXTS = [format_document(article, TEMPLATE) for article in ARTICLES]
NATIONAL = [article for article in ARTICLES if article.scope is Scope.NATIONAL]


@pytest.fixture(scope="module")
def trained() -> tuple[Vectors, Tokenizer]:
    return train_base(NATIONAL, TEMPLATE, [16, 4], lambda _: None, count=4_000)


@pytest.fixture
def query_set(tmp_path: Path) -> QuerySet:
    (tmp_path / "queries.jsonl").write_text(QUERIES, encoding="utf-8")
    return resolve_qrels("tiny", read_queries(tmp_path / "queries.jsonl"), Resolver(ARTICLES))


def test_no_everyday_character_is_unknown() -> None:
    tokenizer = train_tokenizer(TEXTS)
    everyday = "怎么办咋整俺侬嘅冇啥咱仨俩甭囧她它吗呢吧啦哎哟喂爸妈爷奶姥娃崽猫狗微信支付宝快递外卖奶茶奥特曼ABCxyz0123456789"
    rare = "".join(map(chr, range(0x4E00, 0xA000)))
    for text in (everyday, rare):
        encoding = tokenizer.encode(text)
        assert UNKNOWN not in encoding.tokens
        assert "".join(encoding.tokens) == text.lower()
    assert tokenizer.encode("，。！😀").tokens == []


def test_a_batch_holds_the_tokens_of_its_texts() -> None:
    tokenizer = train_tokenizer(TEXTS)
    texts = TokenizedTexts(tokenizer, TEXTS)
    ids, offsets = texts.batch(np.array([2, 0]))
    wanted = [tokenizer.encode(TEXTS[row], add_special_tokens=False).ids for row in (2, 0)]
    assert ids.tolist() == wanted[0] + wanted[1]
    assert offsets.tolist() == [0, len(wanted[0])]
    assert texts.batch(np.array([2, 0]), max_tokens=3)[0].tolist() == wanted[0][:3] + wanted[1][:3]
    dropped, at = texts.batch(np.arange(7), dropout=0.5, random=np.random.default_rng(0))
    assert 0.3 < len(dropped) / len(texts.ids) < 0.7
    assert (np.diff(at.numpy()) >= 0).all()


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


def test_hard_negatives_are_the_best_wrong_ones() -> None:
    documents = np.eye(5, dtype=np.float32)
    questions = np.array([[0.9, 0.8, 0.7, 0.1, 0.0], [0.1, 0.2, 0.3, 0.4, 0.5]], np.float32)
    assert mine(questions, documents, [{0}, {4, 2}], count=2) == [[1, 2], [3, 1]]


def test_the_base_learns_its_text_and_tuning_learns_the_questions(
    trained: tuple[Vectors, Tokenizer], query_set: QuerySet
) -> None:
    weights, tokenizer = trained
    documents, asked = (
        TokenizedTexts(tokenizer, TEXTS),
        TokenizedTexts(tokenizer, [query.text for query in query_set.judged]),
    )
    right = [
        [article.doc_id for article in ARTICLES].index(next(iter(query_set.qrels[query.query_id])))
        for query in query_set.judged
    ]

    def gap(weights: Vectors) -> float:
        scores = encode(weights, asked) @ encode(weights, documents).T
        own = scores[np.arange(len(right)), right]
        scores[np.arange(len(right)), right] = -1
        return float((own - scores.max(axis=1)).min())

    tuned = tune(weights, tokenizer, ARTICLES, query_set, TEMPLATE, [16, 4], lambda _: None, epochs=60)
    assert gap(tuned) > max(0, gap(weights))
    np.testing.assert_array_equal(
        tuned, tune(weights, tokenizer, ARTICLES, query_set, TEMPLATE, [16, 4], lambda _: None, epochs=60)
    )


def test_a_saved_model_is_an_ordinary_folder(trained: tuple[Vectors, Tokenizer], tmp_path: Path) -> None:
    weights, tokenizer = trained
    save(weights, tokenizer, tmp_path / "models" / "base")
    model = SentenceTransformer(str(tmp_path / "models" / "base"), device="cpu")
    np.testing.assert_allclose(
        model.encode(TEXTS), encode(weights, TokenizedTexts(tokenizer, TEXTS)), atol=1e-6
    )
    np.testing.assert_array_equal(load(tmp_path / "models" / "base")[0], weights)
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["base"]
    assert (tmp_path / "models" / "base" / "model.safetensors").is_file()
