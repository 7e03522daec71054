"""Citations: law names, article numbers and pinpoints in any spelling, resolved to the articles of a corpus."""

from workbench.corpora.citations.article_numbers import article_number
from workbench.corpora.citations.catalogue import Catalogue, Citable
from workbench.corpora.citations.laws import Dates
from workbench.corpora.citations.names import COUNTRY, VERSION, law_key, law_name
from workbench.corpora.citations.parsing import parse, parse_citations
from workbench.corpora.citations.resolving import Resolver

__all__ = [
    "COUNTRY",
    "VERSION",
    "Catalogue",
    "Citable",
    "Dates",
    "Resolver",
    "article_number",
    "law_key",
    "law_name",
    "parse",
    "parse_citations",
]
