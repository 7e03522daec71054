"""The page's texts in the visitor's language."""

from workbench.page.texts import TEXTS, Text

LANGUAGES = {"en": "EN", "zh": "中文"}


def label(language: str, key: str, **values: object) -> str:
    """The text of `key` in a language of LANGUAGES, with `values` filled in."""
    return translated(language, TEXTS[key]).format(**values)


def words(language: str, *keys: str) -> dict[str, str]:
    """Several texts at once, for a chart."""
    return {key: translated(language, TEXTS[key]) for key in keys}


def translated(language: str, text: Text) -> str:
    """A text in a language of LANGUAGES."""
    return text[list(LANGUAGES).index(language)]
