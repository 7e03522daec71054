"""Bytes of strangers' files as text: UTF-8, with or without mark, or what is GB18030 for certain."""

import codecs
import re
from dataclasses import dataclass

UTF_8 = "utf-8"
GB18030 = "gb18030"
BYTE_ORDER_MARK = "\ufeff"
UNFIT = re.compile(
    "[\0\ud800-\udfff]"
)  # no tokenizer and no file takes half a surrogate pair, and no CSV a NUL
SAMPLE = 1 << 20  # bytes that tell a file's encoding
_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}  # UTF-32 begins like UTF-16
_USUAL = 0.95  # of the characters of real GB18030 text, this share at least is in the old, small repertoire


@dataclass(frozen=True)
class Fault:
    """Why bytes are no text: the line (from 1) of the first bad byte, and what is wrong."""

    line: int
    found: str


def encoding_of(content: bytes, *, whole: bool = True) -> str:
    """UTF_8, or GB18030 where `content` is that for certain; `whole`: whether the content ends where its file ends.

    >>> encoding_of("第一条 渡船".encode()), encoding_of("第一条 渡船".encode("gb18030"))
    ('utf-8', 'gb18030')
    """
    if b"\0" in content or _decoded(content, UTF_8, whole) is not None:
        return UTF_8
    text = _decoded(content, GB18030, whole)
    return GB18030 if text and mostly_broken(content) and _usual(text) else UTF_8


def decode(content: bytes, encoding: str) -> str | Fault:
    """The text, without a byte order mark, or why it is none."""
    try:
        text = content.decode(encoding).removeprefix(BYTE_ORDER_MARK)
    except UnicodeDecodeError as fault:
        name = "GB18030" if encoding == GB18030 else "UTF-8"
        return Fault(
            content.count(b"\n", 0, fault.start) + 1,
            f"byte {content[fault.start]:#04x} is not {name}{as_marked(content)}",
        )
    if (place := text.find("\0")) >= 0:
        return Fault(text.count("\n", 0, place) + 1, "holds a NUL byte")
    return text


def as_marked(content: bytes) -> str:
    """The encoding whose byte order mark `content` has instead, as the end of a sentence; empty where it has none."""
    return next(
        (f", but begins as {name} does" for mark, name in _MARKS.items() if content.startswith(mark)), ""
    )


def _decoded(content: bytes, encoding: str, whole: bool) -> str | None:
    try:
        return codecs.getincrementaldecoder(encoding)().decode(content, final=whole)
    except UnicodeDecodeError:
        return None


def mostly_broken(content: bytes) -> bool:
    """Whether most characters are broken when read as UTF-8: one damaged byte in UTF-8 is not another encoding."""
    foreign = [character for character in content.decode(UTF_8, "replace") if not character.isascii()]
    return foreign.count("\ufffd") * 2 >= len(foreign)


def _usual(text: str) -> bool:
    """Whether the characters are everyday ones: bytes of other encodings read as GB18030 give rare ones."""
    foreign = [character for character in text if not character.isascii()]
    usual = sum(map(len, (character.encode("gb2312", "ignore") for character in foreign))) / 2
    return usual >= _USUAL * len(foreign)
