"""Text in one writing: one width of characters, one kind of characters, nothing that is not seen."""

import re
import unicodedata
from functools import cache, lru_cache
from typing import Any

_UNSEEN = re.compile("[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]")
_LIST_COMMA = re.compile("(?<=[0-9])，(?=[0-9])(?!0[0-9]{2}(?![0-9]))")


@lru_cache(maxsize=20_000)
def plain(text: str) -> str:
    """`text` in full-width or other compatible characters as usual ones, in simplified characters, without invisible ones.

    >>> plain("勞動合同法（２０１２修正）第４７條")
    '劳动合同法(2012修正)第47条'
    """
    # Between digits of usual width a full-width comma separates numbers, and no thousands.
    text = _UNSEEN.sub("", text)
    if "，" in text:
        text = _LIST_COMMA.sub("、", text)
    text = unicodedata.normalize("NFKC", text)
    try:
        text.encode("gb2312")
    except UnicodeEncodeError:
        return _simplified(text) if any(map(_is_traditional, set(text))) else text
    return text


@cache
def _is_traditional(char: str) -> bool:
    """Whether a Chinese character is none of the 6,763 that simplified texts are written with (GB 2312); few else are."""
    try:
        char.encode("gb2312")
    except UnicodeEncodeError:
        return "\u4e00" <= char <= "\u9fff"
    return False


def _simplified(text: str) -> str:
    return str(_converter().convert(text))


@cache
def _converter() -> Any:
    from opencc import OpenCC  # only where a text calls for it

    return OpenCC("t2s")
