"""How much of its wording an article has from another, by pairs of characters that can be counted by hand."""

import pytest

from workbench.core.domain import Article, Level
from workbench.core.wording import shared_wording


def article(name: str, text: str) -> Article:
    return Article(law=name, article="", text=text, level=Level.LAW)


@pytest.mark.parametrize(
    ("text", "other", "share"),
    [
        ("渡船载客", "渡船载客", 1),
        ("渡船载客", "渡船载客不得", 1),
        ("渡船载客不得", "渡船载客", 3 / 5),
        ("渡船载客", "渡船，载客。", 1),  # punctuation is no wording
        ("ＡＢ级渡船", "ab级", 2 / 4),
        ("渡船载客", "灯塔看守", 0),
        ("渡", "渡", 1),
        ("……", "渡船载客", 0),
        ("渡船载客", "……", 0),
    ],
)
def test_shared_wording(text: str, other: str, share: float) -> None:
    assert shared_wording(article("a", text), article("b", other)) == share
