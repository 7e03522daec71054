"""An article as the text that a model is given, and what tells two such texts apart."""

import hashlib
import json
import re

from workbench.core.domain import Article
from workbench.core.settings import TEMPLATE_FIELDS


def format_document(article: Article, template: str) -> str:
    """`article` as a system's `document_template` says.

    A document without a number of its own is given without the name that its source has for it, and without the
    white space before that name in the template: names tell documents apart, and say nothing.

    >>> from workbench.core.domain import Level
    >>> template = "title: {law} {article} | text: {text}"
    >>> format_document(Article("渡口法", "第一条", "目的。", Level.LAW), template)
    'title: 渡口法 第一条 | text: 目的。'
    >>> format_document(Article("渡口", "d1", "目的。", Level.LAW, source_id="d1"), template)
    'title: 渡口 | text: 目的。'
    """
    shown = _shown(article)
    if not article.numbered:
        empty = "|".join(name for name in TEMPLATE_FIELDS if not shown[name])
        template = re.sub(rf"\s?\{{(?:{empty})\}}", "", template) if empty else template
        return template.format(**shown).strip()
    return template.format(**shown)


def content_hash(article: Article) -> str:
    """Changes with whatever a template can show."""
    shown = _shown(article)
    return hashlib.sha256(json.dumps([shown[name] for name in TEMPLATE_FIELDS]).encode()).hexdigest()[:32]


def _shown(article: Article) -> dict[str, str]:
    """The values of a template's fields."""
    values = {name: getattr(article, name) for name in TEMPLATE_FIELDS}
    return values if article.numbered else values | {"article": "", "part": ""}
