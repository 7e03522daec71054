"""Systems of every kind in a pair file: what is read, chosen and written again, and what is refused with its line."""

from pathlib import Path

import pytest
import tomli_w

from workbench._pairs import parse_pair
from workbench.core.dimensions import ALL
from workbench.core.errors import PairError
from workbench.core.selection import select
from workbench.core.settings import FusionSystem, LexicalSystem, Pair, RunSystem
from workbench.training.finished import pair_table

PAIR = """\
name = "Every kind"
dims = [768, 256]
corpus.sources = [{ kind = "csv", path = "a.csv" }]
[systems.base]
label = "Base"
model = "org/base"
[systems.bare]
label = "Bare"
model = "org/base"
query_prompt = "query: "
dims = [512, 256]
[systems.bm25]
kind = "lexical"
label = "BM25"
[systems.hybrid]
kind = "fusion"
label = "Hybrid"
of = ["bm25", "base"]
[systems.run]
kind = "run"
label = "Run"
path = "runs/a.trec"
"""


def parsed(text: str, folder: Path) -> Pair:
    return parse_pair(text, folder / "pair.toml")


def test_each_kind_is_read(tmp_path: Path) -> None:
    pair = parsed(PAIR, tmp_path)
    assert list(pair.dense) == ["base", "bare"]
    assert pair.systems["bm25"] == LexicalSystem(label="BM25")
    assert pair.systems["hybrid"] == FusionSystem(label="Hybrid", of=("bm25", "base"))
    assert pair.systems["run"] == RunSystem(label="Run", path=str(tmp_path / "runs" / "a.trec"))


def test_systems_have_dimensions_of_their_own_or_the_pairs(tmp_path: Path) -> None:
    pair = parsed(PAIR, tmp_path)
    assert {name: pair.dims_of(name) for name in pair.systems} == {
        "base": (768, 256), "bare": (512, 256), "bm25": (ALL,), "hybrid": (ALL,), "run": (ALL,),
    }  # fmt: skip
    assert pair.owners == {"base": "base", "bare": "base"}
    assert pair.column_dims() == {"base": (768, 512, 256)}
    assert pair.column_dims(select(pair, systems="bare")) == {"base": (512, 256)}


@pytest.mark.parametrize(
    ("systems", "dims", "names", "own"),
    [
        ("hybrid", None, ["hybrid", "bm25", "base"], {"base": (768, 256)}),
        ("base,bare", "256", ["base", "bare"], {"base": (256,), "bare": (256,)}),
        ("base,bare", "512", ["base", "bare"], {"base": (768,), "bare": (512,)}),
        ("run", None, ["run"], {}),
    ],
)
def test_a_choice_brings_along_what_fusions_are_of_and_leaves_every_system_a_dimension(
    systems: str, dims: str | None, names: list[str], own: dict[str, tuple[int, ...]], tmp_path: Path
) -> None:
    chosen = select(parsed(PAIR, tmp_path), systems=systems, dims=dims)
    assert list(chosen.systems) == names
    assert {name: chosen.dims_of(name) for name in chosen.dense} == own


def test_a_pair_of_every_kind_is_written_and_read_again(tmp_path: Path) -> None:
    pair = parsed(PAIR, tmp_path)
    again = parsed(tomli_w.dumps(pair_table(pair, tmp_path)), tmp_path)
    assert again.systems == pair.systems


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('of = ["bm25", "base"]', 'of = ["bm25", "best"]'), 'pair.toml:18: it is of "best", which is no system'),
        (('of = ["bm25", "base"]', 'of = ["bm25", "hybrid"]'), "pair.toml:18: it is of itself: hybrid → hybrid"),
        (('of = ["bm25", "base"]', 'of = ["bm25", "bm25"]'), "pair.toml:18: it is of one system twice"),
        (('of = ["bm25", "base"]', 'of = ["bm25"]'), r'pair.toml:18: "systems.hybrid.of" is \[.bm25.\]'),
        (
            ('of = ["bm25", "base"]', 'of = ["bm25", "base"]\nweights = { run = 2 }'),
            'pair.toml:19: it weighs "run", which it is not of; wanted: of bm25, base',
        ),
        (
            ('of = ["bm25", "base"]', 'of = ["bm25", "other"]\n[systems.other]\nkind = "fusion"\nlabel = "O"\nof = ["base", "hybrid"]'),
            "is of itself: (hybrid → other → hybrid|other → hybrid → other)",
        ),
        (('kind = "lexical"', 'kind = "bm25"'), 'pair.toml:13: "systems.bm25.kind" is .bm25.; wanted: of dense, lexical, fusion, run'),
        (('label = "BM25"', 'label = "BM25"\nmodel = "x"'), 'pair.toml:15: unknown key "systems.bm25.model"; wanted: of .*tokenizer'),
        (('label = "BM25"', 'label = "BM25"\ntokenizer = "words"'), 'pair.toml:15: "systems.bm25.tokenizer" is .words.; wanted: .*ngram'),
        (('label = "BM25"', 'label = "BM25"\nngram = [3, 2]'), r"pair.toml:15: ngram is \[3, 2\]; wanted: the shortest length first"),
        (('label = "BM25"', 'label = "BM25"\nngram = [0, 2]'), 'pair.toml:15: "systems.bm25.ngram'),
        (('label = "BM25"', 'label = "BM25"\ndocument_template = "{law}"'), r"pair.toml:15: the template does not hold \{text\}"),
        (("dims = [512, 256]", "dims = [256, 512]"), r"pair.toml:11: dims are \[256, 512\]; list each once, widest first"),
        (("dims = [512, 256]", "dims = []"), 'pair.toml:11: "systems.bare.dims"'),
        (('path = "runs/a.trec"', ""), 'the key "systems.run.path" is missing'),
        (('path = "runs/a.trec"', 'path = "runs/a.trec"\n[variants.x]\nbm25 = { query_prompt = "" }'), 'the variant "x" changes "bm25", which has no prompts'),
    ],
)  # fmt: skip
def test_a_wrong_system_is_named_with_its_line(change: tuple[str, str], message: str, tmp_path: Path) -> None:
    assert change[0] in PAIR
    with pytest.raises(PairError, match=message):
        parsed(PAIR.replace(*change), tmp_path)
