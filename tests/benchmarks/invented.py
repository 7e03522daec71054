"""Law that does not exist, made on the fly in any amount, and models whose vectors of it are quickly made.

Articles come in `doc_id` order, about fifteen a law, in the levels and places that real law has (42 % national). A vector
is the sum of one random vector a character, so that a real static model (`save_model`) gives the same.
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count, islice
from pathlib import Path
from typing import Any

import numpy as np

from workbench.core.domain import Article, Level
from workbench.core.vectors import Vectors, normalise
from workbench.corpora.numerals import chinese
from workbench.encoders import Encoder

WIDTH = 768
SYSTEMS = ("base", "tuned")
TEMPLATE = "{law} {article} {text}"
ARTICLES_PER_LAW = 15  # on average
_NAMES = sorted("渡灯船桥井窑磨碾驿站码坝闸渠堤埠坊窖亭廊塘岸滩湾港礁屿洲潮汛")
_PLACES = tuple(f"{one}{other}市" for one in "子丑寅卯辰巳午未申酉戌亥" for other in "甲乙丙丁戊己庚辛壬癸")
_WORDS = "应当不得可以必须由经报依照按照规定办理登记许可检查处罚船工守塔人渡口灯塔码头管理部门单位个人夜间载客核定人数点亮看管期限费用证书申请受理决定书面通知责任赔偿损失停业整顿违法所得没收罚款"
_PHRASES, _PHRASE, _OF_A_TEXT = 4_000, 14, 8
_LEVELS = {
    Level.LAW: 0.09,
    Level.ADMINISTRATIVE_REGULATION: 0.11,
    Level.JUDICIAL_INTERPRETATION: 0.10,
    Level.DEPARTMENT_RULE: 0.12,
    Level.LOCAL_REGULATION: 0.42,
    Level.LOCAL_GOVERNMENT_RULE: 0.16,
}
_CHARACTERS = 4_096  # that have a vector of their own
_APART = re.compile("[ ，。]")


def articles(rows: int) -> Iterator[Article]:
    """The first `rows` articles; the same ones every time."""
    return islice((article for number in count() for article in _law(number)), rows)


@dataclass(frozen=True)
class Corpus(Collection[Article]):
    """The first `rows` articles, made anew each time they are gone through."""

    rows: int

    def __len__(self) -> int:
        return self.rows

    def __iter__(self) -> Iterator[Article]:
        return articles(self.rows)

    def __contains__(self, article: object) -> bool:
        return any(article == each for each in self)


@cache
def phrases() -> list[str]:
    """What texts are put together from."""
    drawn = np.random.default_rng(1).integers(0, len(_WORDS), (_PHRASES, _PHRASE))
    return ["".join(_WORDS[place] for place in row) for row in drawn]


@cache
def _number(place: int) -> str:
    return f"第{chinese(place)}条"


def _law(number: int) -> list[Article]:
    """All articles of one law, in `doc_id` order."""
    draw = np.random.default_rng([2, number])
    level = [*_LEVELS][int(draw.choice(len(_LEVELS), p=[*_LEVELS.values()]))]
    local = level in (Level.LOCAL_REGULATION, Level.LOCAL_GOVERNMENT_RULE)
    digits = [number // len(_NAMES) ** power % len(_NAMES) for power in range(3, -1, -1)]
    law = f"{''.join(_NAMES[digit] for digit in digits)}{'管理条例' if local else '法'}"
    day = f"{1980 + number % 45}-{1 + number % 12:02}-{1 + number % 28:02}"
    region = _PLACES[int(draw.integers(len(_PLACES)))] if local else ""
    size = int(draw.integers(1, 2 * ARTICLES_PER_LAW))
    texts = phrases()
    drawn = draw.integers(0, len(texts), (size, _OF_A_TEXT))
    made = (
        Article(
            law=law,
            article=_number(place),
            text="，".join(texts[each] for each in row) + "。",
            level=level,
            region=region,
            published=day,
            effective=day,
        )
        for place, row in enumerate(drawn.tolist(), 1)
    )
    return sorted(made, key=lambda article: article.doc_id)


def questions(rows: int, wanted: int) -> list[tuple[str, Article]]:
    """Questions in words of one article each, spread over the first `rows`, and that article."""
    found = islice(articles(rows), 0, None, max(1, rows // wanted))
    draw = np.random.default_rng(3)
    asked = []
    for article in islice(found, wanted):
        said = article.text.rstrip("。").split("，")
        other = phrases()[int(draw.integers(_PHRASES))]
        asked.append((f"{said[1]}，{other}，{said[4]}", article))
    return asked


def _of_characters(system: str) -> Vectors:
    """(characters, WIDTH) float32: the second system's are the first one's, moved a little."""
    drawn = np.random.default_rng(4).standard_normal((_CHARACTERS, WIDTH), np.float32)
    for place in range(SYSTEMS.index(system)):
        drawn += np.random.default_rng([5, place]).standard_normal(drawn.shape, np.float32)
    return drawn


class InventedEncoder:
    """A saved model's encoder that adds up the vectors of characters itself; those of a law's name or a phrase it adds up once."""

    def __init__(self, system: str, model: Encoder) -> None:
        self._model = model
        self._characters = _of_characters(system)
        self._known = dict[str, int]()
        self._sums = np.zeros((2 * _PHRASES, WIDTH), np.float32)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def prepare(self) -> list[str]:
        """Nothing is loaded."""
        return []

    def encode_documents(
        self, texts: Sequence[str], *, progress: Callable[[int], None] = lambda _: None
    ) -> Vectors:
        parts = [[self._place(part) for part in _APART.split(text) if part] for text in texts]
        ends = np.cumsum([0, *map(len, parts)])[:-1]
        vectors = np.add.reduceat(self._sums[[place for row in parts for place in row]], ends, axis=0)
        progress(len(texts))
        return normalise(vectors)

    def _place(self, part: str) -> int:
        """Where the sum of a part's characters stands."""
        if part not in self._known:
            if len(self._known) == len(self._sums):  # names of laws go by, phrases are asked for again
                self._known.clear()
            self._known[part] = len(self._known)
            places = [ord(character) % _CHARACTERS for character in part]
            self._sums[self._known[part]] = self._characters[places].sum(axis=0)
        return self._known[part]


def save_model(folder: Path, system: str) -> None:
    """Saves the model whose vectors these are: a token a character."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers

    known = sorted({*_WORDS, *"".join(_NAMES), *"管理条例法第", *"".join(map(_number, range(1, 40)))})
    tokenizer = Tokenizer(models.WordLevel({each: place for place, each in enumerate(["?", *known])}, "?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    weights = np.vstack(
        [np.zeros(WIDTH, np.float32), _of_characters(system)[[ord(c) % _CHARACTERS for c in known]]]
    )
    modules: Any = [StaticEmbedding(tokenizer, embedding_weights=weights), Normalize()]
    SentenceTransformer(modules=modules, device="cpu").save(str(folder), create_model_card=False)
