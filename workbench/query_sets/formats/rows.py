"""One row of a query set as a Query, and the rows of a set together."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from workbench.core.domain import Citation, Query
from workbench.core.errors import CitationError, QueryError
from workbench.core.text import UNFIT
from workbench.corpora.citations import article_number, law_key, law_name, parse_citations
from workbench.corpora.tables import whole, whole_number
from workbench.query_sets.formats.columns import roles_of
from workbench.query_sets.formats.unreadable import CitationErrors, UnreadableCitations
from workbench.query_sets.query_set import query_text

MAX_RELEVANCE = 1_000
_CITATION_CHARACTERS = 300
_NAME_CHARACTERS = 60
_BETWEEN_CITATIONS = re.compile("[;；\r\n]")
_EXAMPLE = '[{"law": "…", "article": "…"}]'


def unique_queries(queries: Iterable[tuple[int, Query]], name: str, *, remedy: str) -> list[Query]:
    """(line, query) of a file called `name` as its queries; refused where two have one id, or where there are none."""
    lines: dict[str, int] = {}
    unique: list[Query] = []
    for line, query in queries:
        if earlier := lines.get(query.query_id):
            raise QueryError(
                f"{name}:{line}",
                f'query_id "{query.query_id}" stands in line {earlier} too',
                remedy="give each its own",
            )
        lines[query.query_id] = line
        unique.append(query)
    if not unique:
        raise QueryError(name, "holds no query", remedy=remedy)
    return unique


class Judgements:
    """The judgements of a file called `name`, taken one after the other; two that contradict each other are refused."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._seen: dict[tuple[str, ...], tuple[int, int]] = {}  # -> line, relevance

    def is_new(self, line: int, query_id: str, citation: Citation) -> bool:
        """Whether the file has not said so before."""
        law = law_key(citation.law) if citation.law else ""
        key = (query_id, law, citation.article, citation.part, citation.doc_id, citation.pinpoint)
        if key not in self._seen:
            self._seen[key] = (line, citation.relevance)
            return True
        earlier, relevance = self._seen[key]
        if relevance != citation.relevance:
            raise QueryError(
                f"{self._name}:{line}",
                f'judges {citation} for "{query_id[:_NAME_CHARACTERS]}" as {citation.relevance}, '
                f"and line {earlier} as {relevance}",
                wanted="one judgement of a query and an article",
                remedy="take out the one that is wrong",
            )
        return False


def query_of(row: Any, name: str, line: int) -> Query:
    """The query of a row, by role, that stands in a line of the file `name`; what is judged 0 or below is left out."""
    at = f"{name}:{line}"
    query_id = id_text(row.get("query_id")) if isinstance(row, dict) else ""
    if not query_id or not _is_text(row.get("text")):
        raise QueryError(
            at,
            "lacks query_id or text",
            wanted='e.g. query_id "q1", text "试用期最长多久？"',
            remedy="add them",
        )
    judgements = Judgements(name)
    with placed(at):
        citations = citations_of(row.get("relevant"))
        return Query(
            query_id=query_id,
            text=query_text(row["text"], most=None),
            relevant=tuple(
                citation
                for citation in citations
                if judgements.is_new(line, query_id, citation) and citation.relevance > 0
            ),
            topic=_word(row.get("topic")),
            style=_word(row.get("style")),
        )


@contextmanager
def placed(at: str) -> Iterator[None]:
    """Faults in what stands at `at`, with that place."""
    try:
        yield
    except CitationErrors as several:
        raise UnreadableCitations(at, [(at, fault) for fault in several.faults]) from several
    except CitationError as fault:
        raise UnreadableCitations(at, [(at, fault)]) from fault
    except QueryError as fault:
        if fault.subject == at:
            raise
        raise QueryError(
            at, f"{fault.subject} {fault.found}", wanted=fault.wanted, remedy=fault.remedy
        ) from fault
    except (TypeError, KeyError) as fault:
        raise QueryError(at, "relevant is no list of citations", wanted=_EXAMPLE, remedy="mend it") from fault


def id_text(value: Any) -> str:
    """What a file calls a query or document, as text; empty where that is neither text nor a whole number.

    >>> id_text(7.0), id_text("q1"), id_text(" "), id_text(True)
    ('7', 'q1', '', '')
    """
    value = whole(value)
    if isinstance(value, bool) or not isinstance(value, str | int) or not str(value).strip():
        return ""
    return str(value)


def whole_ids(ids: Iterable[str]) -> dict[str, str]:
    """Each id as it is; where all are whole numbers with the `.0` that a data frame puts behind them, without that.

    >>> whole_ids(["7.0", "12.0"]), whole_ids(["1.0", "1.1"])
    ({'7.0': '7', '12.0': '12'}, {'1.0': '1.0', '1.1': '1.1'})
    """
    whole = {name: whole_number(name) for name in ids}
    return whole if all(number != name for name, number in whole.items()) else {name: name for name in whole}


def citations_of(value: Any) -> list[Citation]:
    """The citations in a value: of a list, of one alone, or of a text with ; or a line break between several.

    A CitationErrors where some of them cannot be read, all of these in it.
    """
    if isinstance(value, str):
        value = [text for text in map(str.strip, _BETWEEN_CITATIONS.split(value)) if text]
    elif value is None or isinstance(value, dict):
        value = [value] if value else []
    if not isinstance(value, list):
        raise TypeError(value)
    citations: list[Citation] = []
    faults: list[CitationError] = []
    for item in value:
        try:
            citations += _citations_in(item, citations[-1] if citations else None)
        except CitationError as fault:
            faults.append(fault)
    if faults:
        raise CitationErrors(faults)
    return citations


def citation_of(item: Any) -> Citation:
    """The one citation that an object or a text is."""
    citations = _citations_in(item)
    if len(citations) > 1:
        raise CitationError(f'"{item}"', f"names {len(citations)} articles", remedy="write them one by one")
    return citations[0]


def _citations_in(item: Any, before: Citation | None = None) -> list[Citation]:
    """Citations as one text, or as an object with `law` and `article`, or with a `doc_id` that alone names the article.

    `before`: the citation whose law a text without one goes on with.
    """
    if isinstance(item, str):
        text = _check_length(item)
        of_law = before if before and before.law else None
        return [Citation(doc_id=text)] if "#" in text else parse_citations(text, of_law)
    if not isinstance(item, Mapping):
        raise TypeError(item)
    values = {role: item[column] for role, column in roles_of(item).items()}
    relevance = grade(values.get("relevance", 1))
    if "doc_id" in values:
        return [Citation(doc_id=_doc_id(values["doc_id"]), relevance=relevance)]
    if not isinstance(values["law"], str):
        raise TypeError(item)
    law, part = _check_length(values["law"]), _check_length(_word(values.get("part")))
    article = whole_number(_check_length(str(values["article"])))
    return _of_law(Citation(law, part=part, relevance=relevance), article)


def _of_law(law: Citation, article: str) -> list[Citation]:
    """The articles of a law that stand in a column or key of their own: mostly a number alone."""
    try:
        return [replace(law, article=article_number(article))]
    except CitationError as fault:
        try:
            citations = parse_citations(article, law)
        except CitationError:
            raise fault from None
        if any(law_name(each.law).key != law_name(law.law).key for each in citations):
            raise
        return citations


def citations_or_name(text: str) -> list[Citation]:
    """Citations from a file that nobody mends: what is none becomes a name that resolves to nothing, cut short."""
    try:
        return parse_citations(_check_length(text))
    except CitationError:
        return [Citation(doc_id=UNFIT.sub("", " ".join(text.split()))[:_NAME_CHARACTERS])]


def grade(value: Any) -> int:
    """How relevant a document was judged to be: a whole number, written in any way.

    >>> grade("2"), grade(1.0), grade("-1")
    (2, 1, -1)
    """
    try:
        number = float("nan") if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = float("nan")
    if not number.is_integer() or number > MAX_RELEVANCE:
        raise QueryError(
            "relevance",
            f"is {str(value)[:20]!r}",
            wanted=f"a whole number, {MAX_RELEVANCE:,} at most",
            remedy="mend it",
        )
    return int(number)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _word(value: Any) -> str:
    return "" if value is None else str(value)


def _doc_id(value: Any) -> str:
    if not (text := id_text(value)):
        raise QueryError(
            "doc_id",
            f"is {str(value)[:20]!r}",
            wanted="what the corpus or its source calls the article",
            remedy="mend it",
        )
    return _check_length(text.strip())


def _check_length(text: str) -> str:
    if len(text) > _CITATION_CHARACTERS:
        raise CitationError(
            f'"{text[:20]}…"',
            f"has {len(text):,} characters",
            remedy="write law and article, e.g. 《民法典》第一千零六十五条",
        )
    return text
