"""An article as the text that a model is given, and what tells two such texts apart."""

import hashlib
import json

from workbench.core.domain import Article
from workbench.core.settings import TEMPLATE_FIELDS


def format_document(article: Article, template: str) -> str:
    """`article` as a system's `document_template` says."""
    return template.format(**{name: getattr(article, name) for name in TEMPLATE_FIELDS})


def content_hash(article: Article) -> str:
    """Changes with whatever a template can show."""
    return hashlib.sha256(
        json.dumps([getattr(article, name) for name in TEMPLATE_FIELDS]).encode()
    ).hexdigest()[:32]
