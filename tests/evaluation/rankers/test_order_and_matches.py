"""Scores in the one order, and what full-text search found asked for again."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from workbench.evaluation.rankers import matches
from workbench.evaluation.rankers.matches import Matches
from workbench.evaluation.rankers.scored import best_first

FEW = st.sampled_from([0.0, -0.0, 0.5, 1.0, -np.inf])  # so that many are equal


@given(st.lists(FEW | st.floats(allow_nan=False), max_size=60))
def test_the_best_come_first_and_of_equal_ones_the_earlier(scores: list[float]) -> None:
    assert best_first(np.array(scores)).tolist() == sorted(
        range(len(scores)), key=lambda place: (-scores[place], place)
    )


def found(text: str) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Some matches of a question."""
    return np.arange(len(text), len(text) + 3), np.linspace(1, len(text) + 1, 3, dtype=np.float32)


class Asked:
    """A question's matches, and how often they were searched."""

    def __init__(self) -> None:
        self.kept = Matches()
        self.searched = Counter[str]()

    def __call__(self, text: str) -> tuple[list[int], list[float], int]:
        places, scores = self.kept.once(text, lambda: self._search(text))
        return places.tolist(), scores.tolist(), self.searched[text]

    def _search(self, text: str) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        self.searched[text] += 1
        return found(text)


def test_a_question_is_searched_once_and_comes_back_as_it_was_found() -> None:
    ask = Asked()
    first = [ask(text) for text in ("一", "二二", "")]
    assert [ask(text) for text in ("", "一", "二二")] == [first[2], first[0], first[1]]
    assert first[0] == ([1, 2, 3], [1.0, 1.5, 2.0], 1)


def test_beyond_its_bytes_the_file_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matches, "_BYTES", 60)  # two of three questions
    ask = Asked()
    for text in ("一", "二二", "三三三"):
        assert ask(text)[0] == found(text)[0].tolist()
    assert ask("三三三")[2] == 1
    assert ask("一")[2] == 2
