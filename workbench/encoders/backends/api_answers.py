"""The vectors in a server's answer, and what is wrong with those that cannot be used."""

import base64
from typing import Any

import numpy as np

from workbench.encoders.backends.api_batches import Part


class Unusable(ValueError):
    """What a server gave in the place of vectors."""


def part_in(answer: Any, count: int) -> Part:
    """The vectors in the order of `index`, not yet of unit length, and which texts have none; `answer`: JSON with every number a float."""
    rows = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(rows, list) or not all(map(_has_embedding, rows)):
        raise Unusable("no list `data` of objects with an `embedding`")
    places = [row.get("index", place) for place, row in enumerate(rows)]
    if not all(place in places for place in range(count)) or len(rows) != count:
        raise Unusable(f"{len(rows)} vectors for {count} texts, or not one for each `index`")
    embeddings = [rows[places.index(place)]["embedding"] for place in range(count)]
    embeddings = [_decoded(each) if isinstance(each, str) else each for each in embeddings]
    failed = {row: _lacking(each) for row, each in enumerate(embeddings) if _lacking(each)}
    given = [each for row, each in enumerate(embeddings) if row not in failed]
    if not all(map(_is_list_of_numbers, given)):
        raise Unusable("vectors that are no lists of numbers")
    if given:
        check_dimensions({len(embedding) for embedding in given})
    vectors = np.full((count, len(given[0]) if given else 0), np.nan, np.float32)
    with np.errstate(over="ignore"):  # infinity is found later
        vectors[[row for row in range(count) if row not in failed]] = np.array(given or vectors[:0])
    return Part(vectors, failed)


def _lacking(embedding: Any) -> str:
    """What stands in the place of one text's vector, where that is nothing."""
    if embedding is None or embedding == []:
        return "null" if embedding is None else "an empty list"
    return "a list with null" if isinstance(embedding, list) and None in embedding else ""


def check_dimensions(found: set[int]) -> None:
    """An Unusable where vectors have several widths, or none."""
    if len(found) > 1 or 0 in found:
        raise Unusable(f"vectors of {' and '.join(map(str, sorted(found)))} dimensions")


def _has_embedding(row: Any) -> bool:
    return isinstance(row, dict) and "embedding" in row


def _is_list_of_numbers(embedding: Any) -> bool:
    return isinstance(embedding, list) and all(type(number) is float for number in embedding)


def _decoded(embedding: str) -> list[float]:
    """The numbers of a base64 string of little-endian float32, as OpenAI's `encoding_format` has it."""
    try:
        numbers = base64.b64decode(embedding, validate=True)
    except ValueError:
        raise Unusable("vectors as damaged base64") from None
    if len(numbers) % 4:
        raise Unusable(f"vectors as base64 of {len(numbers)} bytes, which are no float32 numbers")
    return [float(number) for number in np.frombuffer(numbers, "<f4")]
