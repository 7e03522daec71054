"""The words around citations: which of them name a law, and which are prose."""

import re

from workbench.corpora.citations.numbers_in_text import AND

# Before a name. What may begin a name as well (可再生能源法, 见义勇为条例, 和田地区…) counts only before 《 and the like.
_LABEL = "法律依据|法规依据|裁判依据|依据法条|法条依据|相关法条|相关法律|适用法律|引用法条|参考法条|法律条文|法律法规|法条|法律|法规|依据|出处|答案|条文|规定"
_WORDS = (
    "根据|依照|依据|按照|遵照|比照|参照|参见|参考|参阅|详见|援引|引用|基于|鉴于|由于|因为|结合|以及|及其|或者|并且|同时|另外|还有"
    "|应当|应该|可以|我国的?|现行的?"
)
_SHORT = "见|依|据|按|应|可|适用|违反|触犯|符合|执行|和|与|及|或|并|又|新的?|上述|前述"
_PROSE = re.compile(
    rf"(?:[\s:,。;、(\[·>#*•●-]|[0-9]{{1,2}}[.)、]\s*|(?:{_LABEL})\s*:|{_WORDS}|(?:{_SHORT})(?=《|中华人民共和国|我国))+"
)
DOUBTFUL = re.compile(f"(?:{_SHORT})(?=..)")  # they may be words or begin the name

# Behind a number: as little as can be, where further numbers follow.
_RULES = "规定|内容|条文|条款|要求|规范|精神|情形"
_RULED = rf"(?:\s*等)?(?:\s*[之的所中等]*(?:有关|相关|明文|明确)?(?:{_RULES})(?:的%s|中|内|下)?)?"
_REMARK = r"(?:\s*(?:【[^】]*】|\[[^\]]*\]|\([^()]*罪\)))?(?:\s*[)\]】”\"'])*"
SAID = re.compile((_RULED % rf"[^,。;、《》]*?(?=\s*$|[,。;、《]|{AND})") + _REMARK)
SAID_LAST = re.compile((_RULED % "[^。]*") + _REMARK)
_SAME = re.compile("(?:该|同|此|本|上述|前述|前引)(?:法律|法典|法|条例|解释|规定|办法)?|《(?:该|同|本)法》")

QUOTED = re.compile(r"《(?:[^《》]|《[^《》]*》)*》")
_BEHIND_TITLE = re.compile(
    r"\s*(?:[(\[〔【][^()\[\]〔〕【】]*[)\]〕】]|[0-9]{4}\S{0,8}?(?:年|版|本|修[正订改]))?"
    r"\s*[·・的之]?(?:第\w{1,3}[编章节]|\w{1,6}(?:编|总则|分则|附则)|总则|分则|附则)*\s*"
)
_MAKER = re.compile(
    r"(?:最高人民法院|最高人民检察院|最高法|最高检|公安部|司法部|国务院|全国人民代表大会|全国人大|常务委员会|常委会|[、和与\s])+$"
)
_DATED = re.compile(r"[0-9]{4}(?:年(?:[0-9]+月)?(?:[0-9]+日)?)?(?:修[正订改]|公布|颁布|版)?(?:后?的)?$")
_OLDER = re.compile(
    "(?:原|旧|老|已?废止的?|已?失效的?|修[正订改]前的?)$"
)  # of which the newest version is not meant
_SENTENCE = re.compile(r"[,。;:!?\n]")


def law_in(words: str) -> str:
    """The name of a law that stands before a number, as it is written; empty where none does.

    >>> law_in("本院认为，根据我国《刑法》"), law_in("违反《渡口法》"), law_in("甲省实施《渡口法》办法")
    ('《刑法》', '《渡口法》', '甲省实施《渡口法》办法')
    """
    text = _without_prose(words)
    titles = list(QUOTED.finditer(text))
    if titles and _BEHIND_TITLE.fullmatch(text, titles[-1].end()):
        return _titled(text, titles[-1])
    return _without_prose(_SENTENCE.split(text)[-1]).rstrip("、.")


def is_the_same(name: str) -> bool:
    """Whether words point at the law before: 该法, 同法."""
    return bool(_SAME.fullmatch(name))


def _titled(text: str, title: re.Match[str]) -> str:
    """A name in 《》 with its maker or its year before it, if any, and what follows it."""
    before, name = text[: title.start()], text[title.start() :]
    if (maker := _MAKER.search(before)) and (called := maker[0].strip("、和与 ")):
        return name if title[0].startswith(f"《{called}") else f"{called}{name}"
    version = _DATED.search(before) or _OLDER.search(before)
    return f"{version[0] if version else ''}{name}"


def _without_prose(words: str) -> str:
    words = words.strip()
    match = _PROSE.match(words)
    return words[match.end() :].strip() if match else words
