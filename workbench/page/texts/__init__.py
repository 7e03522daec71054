"""What the page says, in English and 中文: one module for each part of the page."""

from workbench.page.texts.aggregate import AGGREGATE
from workbench.page.texts.common import COMMON
from workbench.page.texts.confusion import CONFUSION
from workbench.page.texts.matryoshka import MATRYOSHKA
from workbench.page.texts.report import REPORT
from workbench.page.texts.review import REVIEW
from workbench.page.texts.search import SEARCH
from workbench.page.texts.takeaway import TAKEAWAY
from workbench.page.texts.text import Text, Texts
from workbench.page.texts.verdicts import VERDICTS

__all__ = ["TEXTS", "Text", "Texts"]

TEXTS: Texts = AGGREGATE | COMMON | CONFUSION | MATRYOSHKA | REPORT | REVIEW | SEARCH | TAKEAWAY | VERDICTS
