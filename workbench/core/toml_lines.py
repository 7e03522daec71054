"""Where the keys and values of a TOML text stand."""

import tomllib
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

Place = tuple[str | int, ...]  # keys, and positions (from 0) in arrays


def toml_lines(text: str) -> dict[Place, int]:
    """Place -> line (from 1) of every key, table and item of an array in a valid TOML text.

    >>> toml_lines("a.b = [\\n  1,\\n]")
    {('a',): 1, ('a', 'b'): 1, ('a', 'b', 0): 2}
    """
    import tree_sitter_toml
    from tree_sitter import Language, Parser

    tree = Parser(Language(tree_sitter_toml.language())).parse(text.encode())
    lines: dict[Place, int] = {}
    for place, line in _document(tree.root_node):
        lines.setdefault(place, line)
    return lines


def line_of(place: Place, lines: dict[Place, int]) -> int | None:
    """The line of `place`, else of the nearest thing around it; None where nothing of it is in the text."""
    around = (place[:length] for length in range(len(place), 0, -1))
    return next((lines[outer] for outer in around if outer in lines), None)


def _document(root: "Node") -> Iterator[tuple[Place, int]]:
    counts: Counter[Place] = Counter()  # of the elements of arrays of tables so far
    for node in root.named_children:
        if node.type == "pair":
            yield from _pair(node, ())
        elif node.type in ("table", "table_array_element"):
            yield from _table(node, counts)


def _table(node: "Node", counts: Counter[Place]) -> Iterator[tuple[Place, int]]:
    key, *pairs = (child for child in node.named_children if child.type != "comment")
    place: Place = ()
    names = _names(key)
    for name in names[:-1]:
        place = _innermost((*place, name), counts)
        yield place, _line(key)
    place = (*place, names[-1])
    yield place, _line(key)
    if node.type == "table_array_element":
        counts[place] += 1
        place = _innermost(place, counts)
        yield place, _line(key)
    for pair in pairs:
        yield from _pair(pair, place)


def _innermost(place: Place, counts: Counter[Place]) -> Place:
    """In an array of tables a header speaks of the last element so far."""
    return (*place, counts[place] - 1) if counts[place] else place


def _pair(node: "Node", outer: Place) -> Iterator[tuple[Place, int]]:
    key, value = (child for child in node.named_children if child.type != "comment")
    place = outer
    for name in _names(key):
        place = (*place, name)
        yield place, _line(key)
    yield from _value(value, place)


def _value(node: "Node", place: Place) -> Iterator[tuple[Place, int]]:
    children = [child for child in node.named_children if child.type != "comment"]
    if node.type == "inline_table":
        for pair in children:
            yield from _pair(pair, place)
    elif node.type == "array":
        for position, item in enumerate(children):
            yield (*place, position), _line(item)
            yield from _value(item, (*place, position))


def _names(key: "Node") -> list[str]:
    """The names in a key, which may be quoted, and several with dots between them."""
    names = []
    table = tomllib.loads(f"{(key.text or b'').decode()} = 0")
    while isinstance(table, dict):
        ((name, table),) = table.items()
        names.append(name)
    return names


def _line(node: "Node") -> int:
    return node.start_point[0] + 1
