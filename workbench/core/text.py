"""Bytes of strangers' files as text, in the encoding that they are in."""

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
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}  # UTF-32 begins like UTF-16
_WIDE = ["utf_16_le", "utf_16_be"]  # with a NUL beside every Latin letter
_NARROW = ["gb18030", "big5", "shift_jis", "euc_kr"]
_BROKEN = "\ufffd"
_FEW = 4  # of Latin letters in UTF-16 every second byte is a NUL
_ASKED = 1 << 16  # bytes that are enough to tell these
_NAMES = {
    GB18030: "GB18030",
    "big5": "Big5",
    "cp1252": "Windows-1252",
    "shift_jis": "Shift JIS",
    "euc_kr": "EUC-KR",
}
_USUAL = 0.95  # of the characters of real GB18030 text, this share at least is in the old, small repertoire


@dataclass(frozen=True)
class Fault:
    """Why bytes are no text: the line (from 1) of the first bad byte, and what is wrong."""

    line: int
    found: str


def encoding_of(content: bytes, *, whole: bool = True) -> str:
    """The codec that reads `content`: UTF-8 unless another one is there for certain; `whole`: whether the file ends with it.

    >>> encoding_of("第一条 渡船".encode()), encoding_of("第一条 渡船".encode("gb18030"))
    ('utf-8', 'gb18030')
    >>> encoding_of("第一条 渡船".encode("utf-16"))
    'utf-16'
    """
    marked = next((encoding for mark, encoding in _MARKS.items() if content.startswith(mark)), "")
    if marked and _decoded(content, marked, whole) is not None:
        return marked
    nuls = content.count(b"\0")
    if nuls * _FEW < len(content) and (
        _decoded(content, UTF_8, whole) is not None or not mostly_broken(content)
    ):
        return UTF_8
    if nuls:
        return _likely(content, _WIDE, whole)
    text = _decoded(content, GB18030, whole)
    if text and _usual(text):
        return GB18030
    western = ["cp1252"] if set(_foreign(content)) == {_BROKEN} else []  # its letters never read as UTF-8
    return _likely(content, [*_NARROW, *western], whole)


def is_wide(encoding: str) -> bool:
    """Whether a character has two bytes or more, so that no line ends with a byte."""
    return encoding.startswith(("utf-16", "utf-32"))


def encoding_name(encoding: str) -> str:
    """What people call an encoding.

    >>> encoding_name("utf-16-le"), encoding_name("big5")
    ('UTF-16', 'Big5')
    """
    return _NAMES.get(encoding) or encoding.upper().removesuffix("-LE").removesuffix("-BE")


def decode(content: bytes, encoding: str) -> str | Fault:
    """The text, without a byte order mark, or why it is none."""
    try:
        text = content.decode(encoding).removeprefix(BYTE_ORDER_MARK)
    except UnicodeDecodeError as fault:
        return Fault(
            content.count(b"\n", 0, fault.start) + 1,
            f"byte {content[fault.start]:#04x} is not {encoding_name(encoding)}",
        )
    if (place := text.find("\0")) >= 0:
        return Fault(text.count("\n", 0, place) + 1, "holds a NUL byte")
    return text


def mostly_broken(content: bytes) -> bool:
    """Whether most characters are broken when read as UTF-8: one damaged byte in UTF-8 is not another encoding."""
    foreign = _foreign(content)
    return foreign.count(_BROKEN) * 2 >= len(foreign)


def _foreign(content: bytes) -> list[str]:
    """The characters beside ASCII, read as UTF-8; _BROKEN where they are none."""
    return [character for character in content.decode(UTF_8, "replace") if not character.isascii()]


def _decoded(content: bytes, encoding: str, whole: bool) -> str | None:
    try:
        return codecs.getincrementaldecoder(encoding)().decode(content, final=whole)
    except UnicodeDecodeError:
        return None


def _likely(content: bytes, encodings: list[str], whole: bool) -> str:
    """The one of `encodings` in which `content` reads as text of a language; UTF-8 where there is none."""
    from charset_normalizer import from_bytes  # which is seldom asked

    head = content[:_ASKED]
    for cut in range(4):  # the last character may be there in part
        asked = head[: len(head) - cut]
        best = from_bytes(asked, cp_isolation=encodings, preemptive_behaviour=False).best()
        encoding = codecs.lookup(best.encoding).name if best else ""
        if encoding and _decoded(content, encoding, whole) is not None:
            return encoding
    return UTF_8


def _usual(text: str) -> bool:
    """Whether the characters are everyday ones: bytes of other encodings read as GB18030 give rare ones."""
    foreign = [character for character in text if not character.isascii()]
    usual = sum(map(len, (character.encode("gb2312", "ignore") for character in foreign))) / 2
    return usual >= _USUAL * len(foreign)
