"""A room imports only from rooms below it, no module stands in a circle, and each library has its owners."""

import ast
import io
import sys
import tokenize
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "workbench"

# From the top down; the face is `Workbench`, over which page and command are thin.
ROOMS = [
    "cli", "page", "_workbench", "_pairs", "evaluation", "training", "index", "encoders", "query_sets", "corpora", "core",
]  # fmt: skip

# Training needs the libraries of the encoders as well, a sweep on a graphics card torch, and Arrow tables are
# what LanceDB takes and gives.
OWNERS = {
    "torch": {"encoders", "evaluation", "training"},
    "sentence_transformers": {"encoders", "training"},
    "tokenizers": {"encoders", "training"},
    "transformers": {"encoders", "training"},
    "safetensors": {"encoders", "training"},
    "requests": {"core", "encoders"},
    "huggingface_hub": {"core"},
    "modelscope_hub": {"core"},
    "pydantic": {"core"},
    "charset_normalizer": {"core"},
    "tree_sitter": {"core"},
    "datasets": {"training"},
    "peft": {"training"},
    "tomli_w": {"training"},
    "lance": {"index"},
    "lancedb": {"index"},
    "obstore": {"index"},
    "ray": {"index"},
    "pyarrow": {"corpora", "index"},
    "numba": {"evaluation"},
    "threadpoolctl": {"evaluation"},
    "scipy": {"evaluation", "query_sets"},
    "sklearn": {"query_sets"},
    "pandas": {"evaluation", "page"},
    "plotly": {"page"},
    "streamlit": {"page"},
    "click": {"cli"},
    "tqdm": {"cli"},
    "cn2an": {"corpora"},
    "opencc": {"corpora"},
    "rapidfuzz": {"corpora"},
    "ijson": {"corpora"},
    "openpyxl": {"corpora"},
    "defusedxml": {"query_sets"},
    "filelock": {"index", "query_sets"},
    "xxhash": {"core", "index"},
}

MODULES = {path.relative_to(PACKAGE).as_posix(): path for path in sorted(PACKAGE.rglob("*.py"))}
NAMES = {
    ".".join(("workbench", *Path(name).with_suffix("").parts)).removesuffix(".__init__"): name
    for name in MODULES
}


def room_of(name: str) -> str:
    return Path(name).parts[0].removesuffix(".py")


def imports(path: Path, *, top_level: bool = False) -> list[str]:
    """What a file imports, dotted: of `from package import module` the module, else where the names come from."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if top_level else list(ast.walk(tree))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    for node in (node for node in nodes if isinstance(node, ast.ImportFrom)):
        inner = {alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        names += {dotted if dotted in NAMES else node.module or "" for dotted in inner.values()}
    return names


@pytest.mark.parametrize("name", MODULES)
def test_imports_only_from_rooms_below_and_own_libraries(name: str) -> None:
    own = room_of(name)
    if own == "__init__":
        assert {each.partition(".")[0] for each in imports(MODULES[name])} <= {
            "typing",
            "workbench",
            "importlib",
        }
        return
    assert own in ROOMS, f"{own} has no place in the table"
    for each in imports(MODULES[name]):
        first, _, rest = each.partition(".")
        room = rest.partition(".")[0]
        if first == "workbench" and room in ROOMS:
            assert ROOMS.index(room) >= ROOMS.index(own), f"{name} imports {each}, which lies above it"
        assert own in OWNERS.get(first, {own}), f"{name} imports {first}, which belongs to {OWNERS[first]}"


def test_no_module_stands_in_a_circle() -> None:
    arrows = {
        name: {NAMES[each] for each in imports(path) if each in NAMES} - {name, "__init__.py"}
        for name, path in MODULES.items()
    }
    while leaves := {name for name, reached in arrows.items() if not reached & arrows.keys()}:
        arrows = {name: reached for name, reached in arrows.items() if name not in leaves}
    assert sorted(arrows) == []


def test_the_house_has_few_rooms() -> None:
    entries = [entry.name for entry in PACKAGE.iterdir() if entry.name != "__pycache__"]
    assert len(entries) <= 14, sorted(entries)


# Modules of torch's own kind, which others import when a text has to be encoded, or a sweep goes to a card.
LATE = {"card", "mixed_precision"}


@pytest.mark.parametrize(
    "name", [name for name in MODULES if room_of(name) != "training" and Path(name).stem not in LATE]
)
def test_torch_is_imported_only_when_a_text_has_to_be_encoded(name: str) -> None:
    loaded = imports(MODULES[name], top_level=True)
    assert not {each.partition(".")[0] for each in loaded} & {
        "torch",
        "sentence_transformers",
        "transformers",
    }
    assert not LATE & {each.rpartition(".")[2] for each in loaded}


def test_no_module_is_named_like_a_library() -> None:
    # `streamlit run` puts the script's folder first on sys.path: a page/html.py there would shadow the real
    # one.
    names = {Path(name).stem for name in MODULES} - {"__init__", "__main__"}
    assert not names & (set(sys.stdlib_module_names) | set(OWNERS) | {"numpy", "transformers", "accelerate"})


@pytest.mark.parametrize("name", MODULES)
def test_a_module_says_its_idea_first(name: str) -> None:
    assert ast.get_docstring(ast.parse(MODULES[name].read_text(encoding="utf-8")))


LONGEST = 110  # columns; a string that wants more may have them


def too_long(path: Path) -> list[int]:
    """Lines that go beyond LONGEST other than by a string or by the comment that turns a check off."""
    text = path.read_text(encoding="utf-8")
    strings = (
        {tokenize.STRING, tokenize.FSTRING_MIDDLE}
        if hasattr(tokenize, "FSTRING_MIDDLE")
        else {tokenize.STRING}
    )
    excused = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in strings and (token.end[1] >= LONGEST - 2 or token.end[0] > token.start[0]):
            excused |= set(range(token.start[0], token.end[0] + 1))
    lines = enumerate(text.splitlines(), 1)
    return [number for number, line in lines if len(line) > LONGEST and number not in excused]


@pytest.mark.parametrize(
    "path",
    sorted((ROOT / "tests").rglob("*.py")) + list(MODULES.values()),
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_no_line_of_code_is_too_long(path: Path) -> None:
    assert too_long(path) == []
