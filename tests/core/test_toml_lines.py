"""Where keys, tables and items of arrays stand in a TOML text."""

import pytest

from workbench.core.toml_lines import Place, line_of, toml_lines

TABLES = {
    "nothing": ("", {}),
    "array of tables": (
        "[[s]]\nk = 1\n\n[[s]]\nk = 2\n[s.sub]\nx = 1\n",
        {
            ("s",): 1,
            ("s", 0): 1,
            ("s", 0, "k"): 2,
            ("s", 1): 4,
            ("s", 1, "k"): 5,
            ("s", 1, "sub"): 6,
            ("s", 1, "sub", "x"): 7,
        },
    ),
    "array of tables in one": (
        "[[a]]\n[[a.b]]\nk = 1\n[[a]]\n[[a.b]]\nk = 2\n",
        {
            ("a",): 1,
            ("a", 0): 1,
            ("a", 0, "b"): 2,
            ("a", 0, "b", 0): 2,
            ("a", 0, "b", 0, "k"): 3,
            ("a", 1): 4,
            ("a", 1, "b"): 5,
            ("a", 1, "b", 0): 5,
            ("a", 1, "b", 0, "k"): 6,
        },
    ),
    "inline table": (
        "\nt = { a = 1, b = { c = 2 } }",
        {("t",): 2, ("t", "a"): 2, ("t", "b"): 2, ("t", "b", "c"): 2},
    ),
    "array of inline tables": (
        "l = [\n  { a = 1 },\n  # none\n  { a = 2 },\n]",
        {("l",): 1, ("l", 0): 2, ("l", 0, "a"): 2, ("l", 1): 4, ("l", 1, "a"): 4},
    ),
    "dotted keys": ("a.b.c = 1\na.d = 2", {("a",): 1, ("a", "b"): 1, ("a", "b", "c"): 1, ("a", "d"): 2}),
    "quoted keys": ("\"a.b\".'c d' = 1\n", {("a.b",): 1, ("a.b", "c d"): 1}),
    "quoted key of a table": ('[x."y.z"]\nk = 1', {("x",): 1, ("x", "y.z"): 1, ("x", "y.z", "k"): 2}),
    "escaped key": ('"\\u6cd5" = 1', {("法",): 1}),
    "text of several lines": ('[b]\nk = """\nx = 1\n"""\nl = 1', {("b",): 1, ("b", "k"): 2, ("b", "l"): 5}),
}


@pytest.mark.parametrize(("text", "lines"), TABLES.values(), ids=TABLES)
def test_lines(text: str, lines: dict[Place, int]) -> None:
    assert toml_lines(text) == lines


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (("s", 1, "k"), 5),
        (("s", 1, "missing"), 4),  # the nearest thing around it
        (("s", 2), 1),
        (("missing",), None),
        ((), None),
    ],
)
def test_line_of_a_place(place: Place, line: int | None) -> None:
    text, _ = TABLES["array of tables"]
    assert line_of(place, toml_lines(text)) == line
