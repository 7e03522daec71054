"""The wording that two texts share."""

from difflib import SequenceMatcher

_PUNCTUATION = frozenset("，。？！；：、“”‘’（）《》 \n,.?!;:()\"'")


def shared_spans(query: str, text: str, shortest: int = 2) -> list[tuple[int, int]]:
    """Where in `text` phrases of `query` stand: (start, end) of at least `shortest` characters, left to right.

    The longest phrase counts first, and no phrase holds punctuation.

    >>> shared_spans("拖欠工资怎么办", "用人单位拖欠劳动者工资的")
    [(4, 6), (9, 11)]
    """
    spans: list[tuple[int, int]] = []
    taken = [False] * len(text)
    phrases = {
        query[i:j]
        for i in range(len(query))
        for j in range(i + shortest, min(len(query), i + 12) + 1)
        if not _PUNCTUATION & set(query[i:j])
    }
    for phrase in sorted(phrases, key=lambda phrase: (-len(phrase), phrase)):
        start = text.find(phrase)
        while start >= 0:
            end = start + len(phrase)
            if not any(taken[start:end]):
                spans.append((start, end))
                taken[start:end] = [True] * len(phrase)
            start = text.find(phrase, end)
    return sorted(spans)


def common_passages(one: str, other: str, shortest: int = 4) -> list[tuple[int, int, int]]:
    """Wording that two articles share in the same order: (start in `one`, start in `other`, length), left to right.

    A passage holds at least `shortest` characters beside its punctuation.

    >>> common_passages("渡船载客不得超过核定人数。", "本省渡船载客不得超过核定人数的九成。")
    [(0, 2, 12)]
    """
    blocks = SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    return [
        (block.a, block.b, block.size)
        for block in blocks
        if sum(character not in _PUNCTUATION for character in one[block.a : block.a + block.size]) >= shortest
    ]
