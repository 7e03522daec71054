"""What people call the columns of a query set, in English and Chinese."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence

# Role -> its names, in any case and with any of - _ and spaces; of several columns with one role that counts
# whose name stands first here.
NAMES: Mapping[str, Sequence[str]] = {
    "query_id": (
        "query_id", "qid", "id", "question_id", "topic_id", "number",
        "编号", "序号", "题号", "问题编号", "查询编号", "问题id", "查询id",
    ),
    "text": (
        "text", "query_text", "query", "question",
        "问题", "查询", "提问", "问句", "问题内容", "查询文本", "查询语句", "咨询", "咨询内容", "检索词", "title",
    ),
    "relevant": (
        "relevant", "relevant_articles", "citations", "citation", "ratings", "articles", "match_name",
        "法条", "相关法条", "引用法条", "适用法条", "法律依据", "条文", "相关条文", "相关法规", "依据",
        "引用", "正确答案", "标准答案", "答案", "answers", "answer",
    ),
    "topic": ("topic", "category", "主题", "领域", "类别", "分类"),
    "style": ("style", "风格", "文体"),
    "doc_id": (
        "doc_id", "document_id", "corpus_id", "article_id", "passage_id", "docno", "pid", "document", "doc",
        "文档", "文档编号", "文档id", "法条编号", "法条id",
    ),
    "relevance": (
        "relevance", "rating", "grade", "score", "rel", "judgement", "judgment",
        "相关度", "相关性", "评分", "打分", "得分", "评级",
    ),
    "law": ("law", "法律", "法规", "法律名称", "法规名称"),
    "article": ("article", "article_number", "条号", "条"),
    "part": ("part", "编"),
}  # fmt: skip


def plain(name: str) -> str:
    """What two spellings of one name share.

    >>> plain("Doc ID") == plain("doc_id") == plain("docid")
    True
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(char for char in folded if not char.isspace() and char not in "-_")


_PLAIN = {role: tuple(map(plain, names)) for role, names in NAMES.items()}


def names_role(name: str, role: str) -> bool:
    """Whether `name` is one of what people call that role.

    >>> names_role("Topic ID", "query_id"), names_role("301", "query_id")
    (True, False)
    """
    return plain(name) in _PLAIN[role]


def roles_of(columns: Iterable[str]) -> dict[str, str]:
    """Role -> the column that has it, for those that are there.

    >>> roles_of(["编号", "问题", "备注", "Law", "答案", "法条"])
    {'query_id': '编号', 'text': '问题', 'relevant': '法条', 'law': 'Law'}
    """
    written: dict[str, str] = {plain(column): column for column in columns}
    return {
        role: next(written[name] for name in names if name in written)
        for role, names in _PLAIN.items()
        if not written.keys().isdisjoint(names)
    }


def collection_roles(columns: Iterable[str]) -> dict[str, str]:
    """The same of a test collection, where a topic is a query.

    >>> collection_roles(["topic", "iteration", "docno", "rel"])
    {'query_id': 'topic', 'doc_id': 'docno', 'relevance': 'rel'}
    """
    roles = roles_of(columns)
    topic = roles.pop("topic", "")
    return {"query_id": topic} | roles if topic and "query_id" not in roles else roles


_SHOWN = 4  # columns that are not read, by name


def said_of(columns: Iterable[str], roles: Mapping[str, str], kind: str = "column") -> str:
    """What was taken for what, where a column has another name than its role, and which columns are not read.

    >>> said_of(["编号", "text", "法条", "备注"], {"query_id": "编号", "text": "text", "relevant": "法条"})
    'column 编号 as query_id, 法条 as relevant; not read: 备注'
    """
    taken = [f"{column} as {role}" for role, column in roles.items() if plain(column) != plain(role)]
    rest = [column for column in columns if column not in roles.values()]
    shown = ", ".join(rest[:_SHOWN]) + (f" and {len(rest) - _SHOWN} more" if len(rest) > _SHOWN else "")
    said = [f"{kind} {', '.join(taken)}"] if taken else []
    return "; ".join([*said, *([f"not read: {shown}"] if rest else [])])
