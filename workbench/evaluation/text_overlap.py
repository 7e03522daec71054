"""The wording that two texts share."""

from difflib import SequenceMatcher

_PUNCTUATION = frozenset("，。？！；：、“”‘’（）《》 \n,.?!;:()\"'")
_LONGEST = 12  # characters of a phrase


def shared_spans(query: str, text: str, shortest: int = 2) -> list[tuple[int, int]]:
    """Where in `text` phrases of `query` stand: (start, end) of at least `shortest` characters, left to right.

    The longest phrase counts first, and no phrase holds punctuation.

    >>> shared_spans("拖欠工资怎么办", "用人单位拖欠劳动者工资的")
    [(4, 6), (9, 11)]
    """
    spans: list[tuple[int, int]] = []
    taken = [False] * len(text)
    phrases = _phrases(query, shortest)
    for phrase in sorted(phrases, key=lambda phrase: (-len(phrase), phrase)):
        start = text.find(phrase)
        while start >= 0:
            end = start + len(phrase)
            if not any(taken[start:end]):
                spans.append((start, end))
                taken[start:end] = [True] * len(phrase)
            start = text.find(phrase, end)
    return sorted(spans)


def _phrases(query: str, shortest: int) -> set[str]:
    """Every run of `shortest` to _LONGEST characters of `query` without punctuation."""
    return {
        query[start:end]
        for start in range(len(query))
        for end in range(start + shortest, min(len(query), start + _LONGEST) + 1)
        if not _PUNCTUATION & set(query[start:end])
    }


def common_passages(first: str, second: str, shortest: int = 4) -> list[tuple[int, int, int]]:
    """Wording that two articles share in the same order: (start in `first`, start in `second`, length), left to right.

    A passage holds at least `shortest` characters beside its punctuation.

    >>> common_passages("渡船载客不得超过核定人数。", "本省渡船载客不得超过核定人数的九成。")
    [(0, 2, 12)]
    """
    blocks = SequenceMatcher(None, first, second, autojunk=False).get_matching_blocks()
    return [
        (block.a, block.b, block.size)
        for block in blocks
        if _without_punctuation(first[block.a : block.a + block.size]) >= shortest
    ]


def _without_punctuation(passage: str) -> int:
    return sum(character not in _PUNCTUATION for character in passage)
