"""The prompts that models put before questions, which training data often has in front of its own."""

import re
from collections.abc import Collection

# Of models that people fine-tune for retrieval, as their cards have them: EmbeddingGemma; E5, GTE, Arctic;
# Nomic; the instructions of E5-instruct and Qwen3; BGE, mxbai and Jina in English and Chinese.
_KNOWN = re.compile(
    r"""
    task:[^|:]{1,80}\|\s*query: | instruct:.{1,400}?\b(?:query|question): | (?:search[_ ])?query: |
    represent\ (?:this|the)\ (?:sentence|query|question)\ for\ [^:：]{1,80}[:：] |
    为这个句子生成表示以用于检索(?:相关)?(?:文章|段落)\s*[:：]
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)


def without_prompt(text: str, own: Collection[str] = ()) -> str:
    """A question without the prompts in front of it: those that are known, and `own`; as it is where nothing else is left.

    >>> without_prompt("task: search result | query: 渡船最多坐几个人"), without_prompt("请问：渡船", ["请问："])
    ('渡船最多坐几个人', '渡船')
    """
    prompts = sorted((" ".join(prompt.split()) for prompt in own if prompt.strip()), key=len, reverse=True)
    rest = " ".join(text.split())
    while rest:
        known = _KNOWN.match(rest)
        length = known.end() if known else next((len(each) for each in prompts if rest.startswith(each)), 0)
        if not length:
            return rest
        rest = rest[length:].lstrip()
    return text
