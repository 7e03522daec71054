"""Local law for training alone: national articles rewritten as those of real places. It is never indexed or shown."""

import random
from collections.abc import Iterable, Mapping
from itertools import groupby

from workbench.core.domain import Article, Scope
from workbench.corpora.citations import COUNTRY
from workbench.corpora.sources.synthetic import rewrite, rules
from workbench.corpora.titles import place_names

_FORMS = ("条例", "规定", "管理条例", "若干规定")
_TIERS = {"自治区": "区", "省": "省", "市": "市"}  # level of government -> how a place calls all of itself


def widened(articles: Iterable[Article], *, seed: int) -> list[Article]:
    """Every national law of `articles` as the rules of one place drawn at random would have it.

    Half are called 实施《…》办法, half 条例 or 规定. Real local law treats the same subjects in other words; so which
    of these articles stands against a question is for a model to say, and mostly it is one of another law.
    """
    chance = random.Random(seed)  # noqa: S311 (training data, nothing secret)
    places = place_names()
    national = [each for each in articles if each.scope is Scope.NATIONAL]
    return [
        article
        for law, rows in groupby(national, key=lambda each: each.law)
        for article in rewrite(rows, _rules_of(law, chance.choice(places), chance))
    ]


def _rules_of(law: str, place: str, chance: random.Random) -> Mapping[str, object]:
    """The rules by which `place` takes over the articles of `law`, one by one, but for what no place can rule on."""
    title = law.removeprefix(COUNTRY)
    entry: dict[str, object] = {"title": title, "additions": []}
    if chance.random() < 0.5:
        entry["form"] = title.removesuffix("法") + chance.choice(_FORMS)
    whole = {"keep_percent": 100, "skip_law_percent": 0, "merge_below": 0}
    return rules() | whole | {"places": [_place(place)], "laws": [entry]}


def _place(name: str) -> dict[str, str]:
    tier = next((tier for tier in _TIERS if name.endswith(tier)), "市")
    return {"name": name, "tier": tier, "own": f"本{tier}", "all": f"全{_TIERS[tier]}"}
