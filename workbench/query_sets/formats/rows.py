"""One row of a query set as a Query, and the rows of a set together."""

from collections.abc import Iterable
from typing import Any

from workbench.core.domain import Citation, Query
from workbench.core.errors import CitationError, QueryError
from workbench.core.text import UNFIT
from workbench.corpora.citations import article_number, parse
from workbench.query_sets.query_set import query_text

KNOWN = {"query_id", "text", "relevant", "topic", "style"}
MAX_RELEVANCE = 1_000
_CITATION_CHARACTERS = 300
_NAME_CHARACTERS = 60
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


def query_of(row: Any, at: str) -> Query:
    """The query of a row with the keys of KNOWN; citations with a relevance of 0 or below are left out."""
    if not isinstance(row, dict) or not (_is_text(row.get("query_id")) and _is_text(row.get("text"))):
        raise QueryError(
            at,
            "lacks query_id or text",
            wanted='e.g. query_id "q1", text "试用期最长多久？"',
            remedy="add them as strings",
        )
    if unknown := set(row) - KNOWN:
        raise QueryError(
            at,
            f'unknown key "{min(unknown)}"',
            wanted=", ".join(sorted(KNOWN)),
            remedy="remove it, or mend its spelling",
        )
    try:
        citations = map(citation_of, _check_list(row.get("relevant", [])))
        return Query(
            query_id=row["query_id"],
            text=query_text(row["text"]),
            relevant=tuple(citation for citation in citations if citation.relevance > 0),
            topic=str(row.get("topic", "")),
            style=str(row.get("style", "")),
        )
    except CitationError as fault:
        raise QueryError(f"{at}: {fault.subject}", fault.found, remedy=fault.remedy) from fault
    except QueryError as fault:
        raise QueryError(
            at, f"{fault.subject} {fault.found}", wanted=fault.wanted, remedy=fault.remedy
        ) from fault
    except (TypeError, KeyError) as fault:
        raise QueryError(at, "relevant is no list of citations", wanted=_EXAMPLE, remedy="mend it") from fault


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def citation_of(item: Any) -> Citation:
    """A citation as one string, or as an object with `law` and `article`, or with a `doc_id` that alone names the article."""
    if isinstance(item, str):
        text = _check_length(item)
        return Citation(doc_id=text) if "#" in text else parse(text)
    relevance = grade(item.get("relevance", 1)) if isinstance(item, dict) else 1
    if "doc_id" in item:
        return Citation(doc_id=_doc_id(item["doc_id"]), relevance=relevance)
    if not isinstance(item["law"], str):
        raise TypeError(item)
    return Citation(
        _check_length(item["law"]),
        article_number(_check_length(str(item["article"]))),
        _check_length(str(item.get("part", ""))),
        relevance=relevance,
    )


def citation_or_name(text: str) -> Citation:
    """A citation from a file that nobody mends: what is none becomes a name that resolves to nothing, cut short."""
    try:
        return parse(_check_length(text))
    except CitationError:
        return Citation(doc_id=UNFIT.sub("", " ".join(text.split()))[:_NAME_CHARACTERS])


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


def _doc_id(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int) or not str(value).strip():
        raise QueryError(
            "doc_id",
            f"is {str(value)[:20]!r}",
            wanted="what the corpus or its source calls the article",
            remedy="mend it",
        )
    return _check_length(str(value).strip())


def _check_list(items: Any) -> list[Any]:
    if not isinstance(items, list):
        raise TypeError(items)
    return items


def _check_length(text: str) -> str:
    if len(text) > _CITATION_CHARACTERS:
        raise CitationError(
            f'"{text[:20]}…"',
            f"has {len(text):,} characters",
            remedy="write law and article, e.g. 《民法典》第一千零六十五条",
        )
    return text
