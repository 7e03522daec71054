"""A module imports only from rows above its own, and each library has its owners (the table below is the rule)."""

import ast
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "workbench"

ROWS = [
    "errors", "domain", "hub", "citations", "settings", "corpora", "queries", "query_formats", "own_sets", "leakage", "reviews", "vectors", "encoders", "index", "recipe", "sweep", "ranking", "kept_rankings",
    "measures", "evaluation", "comparison", "outcomes", "tradeoff", "wording", "asking", "judging", "exports", "costs", "progress", "building", "doctor", "frames", "charts", "page", "cli",
]  # fmt: skip

# Training needs the libraries of the encoders as well, and Arrow tables are what LanceDB takes and gives.
OWNERS = {
    "torch": {"encoders", "recipe", "doctor"},
    "sentence_transformers": {"encoders", "recipe"},
    "tokenizers": {"encoders", "recipe"},
    "safetensors": {"encoders"},
    "transformers": {"encoders"},
    "requests": {"encoders"},
    "huggingface_hub": {"hub"},
    "datasets": {"recipe"},
    "lancedb": {"index"},
    "pyarrow": {"corpora", "index"},
    "numba": {"sweep"},
    "threadpoolctl": {"ranking"},
    "scipy": {"comparison", "leakage"},
    "pandas": {"frames", "charts"},
    "plotly": {"charts"},
    "streamlit": {"page"},
    "click": {"cli"},
    "tqdm": {"progress"},
    "cn2an": {"citations"},
    "filelock": {"index", "own_sets", "reviews"},
    "pydantic": {"settings"},
}

MODULES = sorted(PACKAGE.rglob("*.py"))


def row_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path, *, top_level: bool = False) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if top_level else list(ast.walk(tree))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    return names + [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_only_from_rows_above_and_own_libraries(path: Path) -> None:
    own = row_of(path)
    if own == "__init__":
        assert not imports(path)
        return
    assert own in ROWS, f"{own} has no row in the table"
    for name in imports(path):
        first, _, rest = name.partition(".")
        if first == "workbench" and rest and rest.partition(".")[0] != own:
            assert ROWS.index(rest.partition(".")[0]) < ROWS.index(own), f"{own} imports {name}"
        assert own in OWNERS.get(first, {own}), f"{own} imports {first}, which belongs to {OWNERS[first]}"


# Modules of torch's own kind, which others import when a text has to be encoded.
LATE = {"mixed_precision"}


@pytest.mark.parametrize(
    "path", [path for path in MODULES if row_of(path) != "recipe" and path.stem not in LATE], ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_torch_is_imported_only_when_a_text_has_to_be_encoded(path: Path) -> None:
    loaded = {name.partition(".")[0] for name in imports(path, top_level=True)}
    assert not loaded & {"torch", "sentence_transformers", "transformers"}
    assert not LATE & {name.rpartition(".")[2] for name in imports(path, top_level=True)}


def test_no_module_is_named_like_a_library() -> None:
    # `streamlit run` puts the script's folder first on sys.path: a page/html.py there would shadow the real one.
    names = {path.stem for path in MODULES} - {"__init__"}
    assert not names & (set(sys.stdlib_module_names) | set(OWNERS) | {"numpy", "transformers", "accelerate"})


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_says_its_idea_first(path: Path) -> None:
    if path.read_text(encoding="utf-8").strip():
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
