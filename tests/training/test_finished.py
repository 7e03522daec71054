"""From a job to a finished folder: what claims its place, what goes on, and what stands there at last."""

import json
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file
from sentence_transformers import SentenceTransformer

from tests.conftest import ARTICLES
from workbench._pairs import parse_pair, read_pair
from workbench.core.documents import format_document
from workbench.core.domain import Citation, Query
from workbench.core.errors import TrainingError
from workbench.core.selection import with_variant
from workbench.core.settings import Pair
from workbench.query_sets.formats import QuerySettings, read_queries
from workbench.training.dev import DevSet
from workbench.training.finished import QUERIES, model_card, pair_file, put_in_place
from workbench.training.job import Job, Outcome, check_place, run, work_folder
from workbench.training.recipes import Recipe
from workbench.training.rows import Row

TEXTS = [format_document(article, "title: {law} {article} | text: {text}") for article in ARTICLES]
ROWS = tuple(
    Row(article.text[:4], text, (TEXTS[place - 1],))
    for place, (article, text) in enumerate(zip(ARTICLES, TEXTS, strict=True))
)
DEV = DevSet(
    {"q": "谁看灯塔"},
    {article.doc_id: text for article, text in zip(ARTICLES, TEXTS, strict=True)},
    {"q": {ARTICLES[0].doc_id}},
)
JOB = Job(
    base={"model": "base", "weights": "0123456789abcdef"},
    recipe=Recipe(batch_size=4, accumulation=1, epochs=3, learning_rate=0.05, checkpoint_steps=1),
    dims=(16, 4),
    query_prompt="",
    rows=ROWS,
    measured={"queries": DEV},
)
ASKED = [
    Query("1", "渡船最多坐几个人", (Citation(doc_id=ARTICLES[0].doc_id),)),
    Query("2", "一个没有条文的问题"),
]


class Stopped(Exception):
    """Somebody pulled the plug."""


Progress = Callable[[int, int, float], None]


def trained(
    pair: Pair, out: Path, job: Job = JOB, progress: Progress = lambda *_: None, said: list[str] | None = None
) -> Outcome:
    def load() -> SentenceTransformer:
        return SentenceTransformer(pair.dense["base"].model, device="cpu")

    return run(job, load, out, say=(said if said is not None else []).append, progress=progress)


def stop(step: int, *_: object) -> None:
    if step == 3:
        raise Stopped


def outcome(out: Path, **changes: Any) -> Outcome:
    """A model of three words in the work folder of `out`, as if it had been trained."""
    folder = work_folder(out) / "model"
    folder.mkdir(parents=True)
    (folder / "modules.json").write_text("[]", encoding="utf-8")
    record = JOB.record | {"precision": "float32", "device": "cpu"} | changes
    log = [{"step": 1, "epoch": 1.0, "loss": 2.5, "learning_rate": 0.05, "seconds": 1.0}]
    return Outcome(folder, record, {"queries": (0.25, 0.5)}, log, 61.0)


def put(out: Path, pair: Pair, system: str = "base", **changes: Any) -> Pair:
    """The pair of the file that comes out."""
    file = put_in_place(outcome(out, **changes), out, pair, system, ASKED, "/elsewhere/index")
    assert file == pair_file(out) == out.parent / f"{out.name}.toml"
    return read_pair(str(file))


# The place


def _folder(out: Path) -> None:
    out.mkdir()


def _file(out: Path) -> None:
    pair_file(out).touch()


def _unfinished(out: Path) -> None:
    checkpoint = work_folder(out) / "checkpoints" / "checkpoint-7"
    checkpoint.mkdir(parents=True)
    (checkpoint / "complete").touch()


def _begun(out: Path) -> None:
    """Without a checkpoint there is nothing to go on from."""
    (work_folder(out) / "checkpoints" / "checkpoint-7").mkdir(parents=True)


def _all_but_moved(out: Path) -> None:
    _unfinished(out)
    _file(out)


@pytest.mark.parametrize(
    ("there", "resume", "message"),
    [
        (None, False, ""),
        (None, True, ""),
        (_folder, False, "new: exists already; give another --out"),
        (_folder, True, "new: exists already; give another --out"),
        (_file, False, "new.toml: exists already; give another --out"),
        (_file, True, "new.toml: exists already; give another --out"),
        (_unfinished, False, "new.unfinished: holds a run that was stopped; add --resume"),
        (_unfinished, True, ""),
        (_begun, False, ""),
        (_all_but_moved, False, "new.toml: exists already"),
        (_all_but_moved, True, ""),  # stopped between the pair file and the folder
    ],
)
def test_nothing_is_overwritten(
    there: Callable[[Path], None] | None, resume: bool, message: str, tmp_path: Path
) -> None:
    out = tmp_path / "new"
    if there:
        there(out)
    if not message:
        check_place(out, pair_file(out), resume=resume)
        return
    with pytest.raises(TrainingError, match=message):
        check_place(out, pair_file(out), resume=resume)


def test_the_root_and_a_file_are_no_place(pair: Pair, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="/: exists already"):
        check_place(Path("/"), pair_file(Path("/")), resume=False)
    (tmp_path / "file").touch()
    with pytest.raises(TrainingError, match=r"file/new.unfinished: cannot be made .*--out"):
        trained(pair, tmp_path / "file" / "new")


# The run


def test_a_run_that_was_stopped_ends_as_if_it_had_not_been(pair: Pair, tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        trained(pair, tmp_path / "stopped", progress=stop)
    steps: list[int] = []
    resumed = trained(pair, tmp_path / "stopped", progress=lambda step, *_: steps.append(step))
    whole = trained(pair, tmp_path / "whole")
    assert steps == [3, 4, 5, 6]  # two steps were complete
    assert resumed.measured == whole.measured
    assert [line["step"] for line in resumed.log] == [1, 2, 3, 4, 5, 6]
    ours, theirs = (load_file(each.folder / "model.safetensors") for each in (resumed, whole))
    np.testing.assert_array_equal(ours["embedding.weight"], theirs["embedding.weight"])


OTHER: dict[str, Job] = {
    "base": replace(JOB, base=dict(JOB.base) | {"weights": "f" * 16}),
    "recipe": replace(JOB, recipe=replace(JOB.recipe, epochs=4)),
    "dims": replace(JOB, dims=(16,)),
    "query_prompt": replace(JOB, query_prompt="问："),
    "data": replace(JOB, rows=ROWS[1:]),
    "dev": replace(JOB, dev="queries"),
    "dims, query_prompt": replace(JOB, dims=(16,), query_prompt="问："),
}


def test_other_options_on_resume_are_refused_by_name(pair: Pair, tmp_path: Path) -> None:
    out = tmp_path / "new"
    with pytest.raises(Stopped):
        trained(pair, out, progress=stop)
    for name, job in OTHER.items():
        with pytest.raises(TrainingError) as fault:
            trained(pair, out, job)
        assert fault.value.subject == str(work_folder(out))
        assert fault.value.found == f"was begun with another {name}"
    assert trained(pair, out).folder.is_dir()


@pytest.mark.parametrize(
    ("job", "message"),
    [
        (replace(JOB, dims=(32, 16)), "dims: has 32, and the model gives vectors of 16; wanted: 16 at most"),
        (replace(JOB, recipe=replace(JOB.recipe, dim_weights=(1.0,))), "dim_weights: has 1 values; wanted: "),
        (replace(JOB, rows=(*ROWS, Row("谁", TEXTS[0]))), "triplets: 1 of 8 rows have no negative"),
    ],
)
def test_what_cannot_be_trained_leaves_nothing_behind(
    job: Job, message: str, pair: Pair, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match=message):
        trained(pair, tmp_path / "new", job)
    assert list(tmp_path.iterdir()) == []


# What comes out


def test_the_pair_file_compares_the_model_with_the_one_it_comes_from(pair: Pair, tmp_path: Path) -> None:
    out = tmp_path / "new"
    found = put(out, pair, query_prompt="问：")
    base, new, tuned = found.dense.values()
    assert list(found.systems) == ["base", "new", "tuned"]
    assert (base, tuned) == (pair.dense["base"], pair.dense["tuned"])
    assert (new.label, new.model, new.query_prompt) == ("new", str(out), "问：")
    assert (new.document_template, new.dtype) == (base.document_template, base.dtype)
    assert found.owners == {"base": "base", "new": "new", "tuned": "tuned"}  # columns of its own
    assert (found.dims, found.corpus, found.queries) == (pair.dims, pair.corpus, pair.queries)
    assert found.index.reuse == "/elsewhere/index"
    assert found.index_uri(tmp_path / "home") == str(tmp_path / "home" / "index" / "new")
    assert found.training == (QuerySettings(kind="queries", path=str(out / QUERIES)),)
    assert read_queries(found.training[0].path) == ASKED
    assert with_variant(found, "bare").dense["tuned"].query_prompt == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "new.toml"]


def test_the_system_that_was_trained_comes_first(pair: Pair, tmp_path: Path) -> None:
    assert list(put(tmp_path / "new", pair, "tuned").systems) == ["tuned", "new", "base"]


def test_a_model_can_be_trained_further(pair: Pair, tmp_path: Path) -> None:
    first = put(tmp_path / "one", pair)
    second = put(tmp_path / "two", first, "one")
    assert list(second.systems) == ["one", "two", "base", "tuned"]
    assert [Path(source.path).parent.name for source in second.training] == ["one", "two"]


def test_figures_that_others_published_are_not_those_of_the_new_model(
    pair_folder: Path, tmp_path: Path
) -> None:
    text = (pair_folder / "pair.toml").read_text(encoding="utf-8")
    figures = '[systems.base.reported]\n"Success@1" = 0.5\n[systems.tuned]'
    pair = parse_pair(text.replace("[systems.tuned]", figures), pair_folder / "pair.toml")
    found = put(tmp_path / "new", pair).systems
    assert (found["base"].reported, found["new"].reported) == ({"Success@1": 0.5}, {})


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("new", "new"),
        ("My Model-2", "mymodel2"),
        ("模型", "trained"),
        ("2024-05 v1", "m202405v1"),
        ("base", "base2"),
        ("Tuned", "tuned2"),
        ("tunedbare", "tunedbare2"),  # the variant bare makes a system of that name
        ("a\nb \x1b[1m\"' # = ]", "ab1m"),
    ],
)
def test_systems_have_free_and_legal_names(folder: str, name: str, pair: Pair, tmp_path: Path) -> None:
    found = put(tmp_path / folder, pair)
    assert list(found.systems) == ["base", name, "tuned"]
    assert (found.dense[name].label, found.dense[name].model) == (folder, str(tmp_path / folder))
    assert len(with_variant(found, "all").systems) == 4


def test_variants_that_were_systems_stay_systems(pair: Pair, tmp_path: Path) -> None:
    found = put(tmp_path / "new", with_variant(pair, "all"))
    assert list(found.systems) == ["base", "new", "tuned", "tunedbare"]


def test_folder_and_pair_file_move_together(pair: Pair, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    put(tmp_path / "here" / "new", pair)
    shutil.move(tmp_path / "here", tmp_path / "there")
    moved = read_pair(str(tmp_path / "there" / "new.toml"))
    assert moved.dense["new"].model == str(tmp_path / "there" / "new")
    assert read_queries(moved.training[0].path) == ASKED
    assert moved.dense["tuned"].model == pair.dense["tuned"].model  # which stayed where it was


def test_the_folder_says_how_it_was_made(pair: Pair, tmp_path: Path) -> None:
    put(tmp_path / "new", pair)
    record = json.loads((tmp_path / "new" / "training.json").read_text(encoding="utf-8"))
    assert JOB.record.items() <= record.items()
    assert record["measured"] == {"queries": {"before": 0.25, "after": 0.5}}
    assert (record["seconds"], record["precision"], record["device"]) == (61.0, "float32", "cpu")
    assert "sentence-transformers" in record["versions"]
    card = (tmp_path / "new" / "README.md").read_text(encoding="utf-8")
    for stated in (
        "# new\n",
        "Trained from `base` (0123456789abcdef) on 7 rows",
        f"sha256 `{record['data']['sha256']}`, in 61 seconds: float32 on cpu",
        "| epochs | 3 |\n",
        "| learning_rate | 0.05 |\n",
        "| queries | 0.250 | 0.500 |\n",
        "| 1.00 | 1 | 2.5000 |\n",
        "at 16, 4.",
    ):
        assert stated in card


@pytest.mark.parametrize(("steps", "rows"), [(1, 1), (2, 2), (3, 3), (12, 12), (13, 13), (1_000, 14)])
def test_the_card_shows_few_losses_and_the_last(steps: int, rows: int) -> None:
    log = [{"step": step, "epoch": step / steps, "loss": 1.0} for step in range(1, steps + 1)]
    table = tables(model_card("new", card_record(), log))["Loss"]
    shown = [int(cells[1]) for cells in table]
    assert len(shown) == rows
    assert shown == sorted(set(shown))
    assert (shown[0], shown[-1]) == (1, steps)


HOSTILE = "a | b\n\n# <script>alert(1)</script> [x](http://y) `c`"


def test_hostile_names_stay_text_in_the_card() -> None:
    record = card_record(
        base={"model": HOSTILE, "weights": "0"},
        query_prompt=HOSTILE,
        recipe={"query_prompt": HOSTILE, "epochs": 3},
        measured={HOSTILE: {"before": 0.25, "after": 0.5}},
    )
    card = model_card(HOSTILE, record, [])
    assert [line.partition(" ")[0] for line in card.splitlines() if line.startswith("#")] == [
        "#",
        "##",
        "##",
        "##",
    ]
    found = tables(card)
    assert [len(cells) for name in ("Recipe", "Measured") for cells in found[name]] == [2, 2, 3]
    spans = re.compile(r"(?<![\\`])(`+)(?!`)(.*?)(?<!`)\1(?!`)")
    assert sum("script" in code for _, code in spans.findall(card)) == 2  # base and prompt, word for word
    outside = spans.sub("", card)
    assert not re.findall(r"(?<!\\)[<>\[\]`]", outside.partition("\n# ")[2])


def card_record(**changes: Any) -> dict[str, Any]:
    return (
        JOB.record
        | {
            "measured": {},
            "seconds": 1.0,
            "precision": "float32",
            "device": "cpu",
            "versions": {},
        }
        | changes
    )


def tables(card: str) -> Mapping[str, Sequence[Sequence[str]]]:
    """Section -> the rows of its table, cell by cell."""
    found: dict[str, list[list[str]]] = {}
    for section in card.split("\n## ")[1:]:
        name, *rows = section.splitlines()
        cells = [re.split(r"(?<!\\)\|", row)[1:-1] for row in rows if row.startswith("|")]
        found[name] = [[cell.strip() for cell in row] for row in cells[2:]]
    return found
