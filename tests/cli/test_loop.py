"""A model of EmbeddingGemma's structure through the whole loop: build, mine, train, build what is new, evaluate."""

import json
import tomllib
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import ir_measures
import numpy as np
import pytest
import torch
from click.testing import CliRunner
from ir_measures import RR
from sentence_transformers import SentenceTransformer

from tests.conftest import ARTICLES, CODE, LAW, QUERIES
from tests.gemma import PROMPTS, QUERY_PROMPT, save_gemma
from workbench.cli import main
from workbench.core.vectors import Vectors
from workbench.index import Index

pytestmark = pytest.mark.usefixtures("single_thread")

DIMS = (768, 512, 256, 128)
QUESTIONS = {query["query_id"]: query["text"] for query in map(json.loads, QUERIES.splitlines())}
ANSWERS = {
    "q1": f"{LAW}#第二条",
    "q2": f"{LAW}#第三条",
    "q3": f"{CODE}#第一条",
    "q4": "乙市渡口条例#第一条",
}
DOCUMENTS = [f"title: {article.law} {article.article} | text: {article.text}" for article in ARTICLES]
PAIR = f"""
name = "Loop pair"
dims = {list(DIMS)}
queries = ["queries.jsonl"]
[corpus]
sources = [{{ kind = "jsonl", path = "articles.jsonl" }}]
[systems.base]
label = "Base"
model = "base"
query_prompt = "{QUERY_PROMPT}"
[systems.tuned]
label = "Tuned"
model = "tuned"
query_prompt = "{QUERY_PROMPT}"
"""
EPOCHS = 3
# The questions are those that the pair measures with: what a model learnt shows in them.
TRAIN = (
    *("train", "--triplets", "@triplets.jsonl", "--dev", "@queries.jsonl", "--allow-contaminated"),
    *("--batch-size", "4", "--accumulation", "1", "--epochs", str(EPOCHS), "--learning-rate", "0.001"),
)
peft_warns = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")


@dataclass(frozen=True)
class Kind:
    """One way to train; `name`: of the folder and the system; `prompt`: stands before a question afterwards."""

    name: str
    options: tuple[str, ...] = ()
    precision: str = "float32"
    lora_rank: int = 0
    prompt: str = QUERY_PROMPT


KINDS = [
    Kind("float32"),
    Kind("bfloat16", precision="bfloat16"),
    Kind("adapters", ("--lora-rank", "4"), lora_rank=4),
    Kind("unprompted", ("--query-prompt", ""), prompt=""),
]


@dataclass(frozen=True)
class Place:
    """A folder with pair files, their models and a home folder with an index for each."""

    folder: Path

    def run(self, *words: str, pair: str = "pair") -> tuple[str, str]:
        """stdout and stderr of a command that works; `@` before a word: it is a path in the folder."""
        given = [str(self.folder / word[1:]) if word.startswith("@") else word for word in words]
        options = ["--pair", str(self.folder / f"{pair}.toml"), "--home", str(self.folder / "home")]
        ended = CliRunner().invoke(main, [*given, *options])
        assert ended.exception is None or isinstance(ended.exception, SystemExit), repr(ended.exception)
        assert ended.exit_code == 0, ended.stderr
        return ended.stdout, ended.stderr

    def pair(self, name: str) -> dict[str, Any]:
        return tomllib.loads((self.folder / f"{name}.toml").read_text(encoding="utf-8"))

    def vectors(self, pair: str, column: str) -> Vectors:
        return np.concatenate(list(Index(str(self.folder / "home" / "index" / pair)).vector_batches(column)))

    @property
    def mined(self) -> list[dict[str, Any]]:
        """The lines that `mine` wrote."""
        lines = (self.folder / "triplets.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    def loaded(self, model: str, dim: int | None = None) -> SentenceTransformer:
        return SentenceTransformer(str(self.folder / model), device="cpu", truncate_dim=dim)


@dataclass(frozen=True)
class Loop:
    """What one turn left: what the commands said, and the result of `evaluate`."""

    kind: Kind
    place: Place
    trained: str
    built: str
    evaluated: str
    result: dict[str, Any]

    def file(self, name: str) -> str:
        return (self.place.folder / self.kind.name / name).read_text(encoding="utf-8")

    def logged(self, key: str) -> list[float]:
        """The values of `key` in the training log, oldest first."""
        lines = map(json.loads, self.file("training_log.jsonl").splitlines())
        return [line[key] for line in lines if key in line]

    def measured(self, system: str, dim: int = DIMS[0]) -> float:
        """MRR@10, as `evaluate` has it."""
        return float(self.result["systems"][system][str(dim)]["RR@10"])


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Two models in an index, and what the first gets wrong."""
    folder = tmp_path_factory.mktemp("loop")
    for seed, name in enumerate(("base", "tuned")):
        save_gemma(folder / name, [article.text for article in ARTICLES], seed=seed)
    rows = [asdict(article) | {"level": article.level.value} for article in ARTICLES]
    files = {
        "pair.toml": PAIR,
        "articles.jsonl": "\n".join(json.dumps(row, ensure_ascii=False) for row in rows),
        "queries.jsonl": QUERIES,
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    made = Place(folder)
    made.run("index", "build")
    made.run("mine", "--queries", "@queries.jsonl", "--out", "@triplets.jsonl")
    return made


@pytest.fixture(
    scope="module",
    params=[pytest.param(kind, id=kind.name, marks=[peft_warns] if kind.lora_rank else []) for kind in KINDS],
)
def loop(request: pytest.FixtureRequest, place: Place) -> Loop:
    kind: Kind = request.param
    _, trained = place.run(*TRAIN, "--precision", kind.precision, "--out", f"@{kind.name}", *kind.options)
    _, built = place.run("index", "build", pair=kind.name)
    result, evaluated = place.run("evaluate", "--queries", "@queries.jsonl", pair=kind.name)
    return Loop(kind, place, trained, built, evaluated, json.loads(result))


def test_mined_lines_hold_the_answer_and_wrong_articles(place: Place) -> None:
    assert {row["query_id"]: row["query"] for row in place.mined} == QUESTIONS
    assert {row["query_id"]: row["positive_id"] for row in place.mined} == ANSWERS
    for row in place.mined:
        assert row["negative"]
        assert set(row["negative"]) <= set(DOCUMENTS) - {row["positive"]}


def test_trained_on_the_mined_lines_with_the_prompt(loop: Loop) -> None:
    rows = [[loop.kind.prompt + row["query"], row["positive"], row["negative"]] for row in loop.place.mined]
    digest = sha256("".join(map(json.dumps, rows)).encode()).hexdigest()
    record = json.loads(loop.file("training.json"))
    assert record["data"] == {"rows": sum(len(negatives) for *_, negatives in rows), "sha256": digest}
    assert record["query_prompt"] == loop.kind.prompt
    assert (record["precision"], record["recipe"]["lora_rank"]) == (loop.kind.precision, loop.kind.lora_rank)


def test_the_loss_falls(loop: Loop) -> None:
    assert f"epochs: {EPOCHS}, batches of 4 × 1, {loop.kind.precision} on cpu" in loop.trained
    losses = np.array_split(loop.logged("loss"), EPOCHS)
    assert losses[-1].size > 1
    assert losses[-1].mean() < losses[0].mean() / 2


def test_only_the_new_model_is_encoded(loop: Loop) -> None:
    name = loop.kind.name
    assert f"Index: 7 rows written; encoded now: Base 0, {name} 7, Tuned 0" in loop.built
    for column in [f"{system}_{dim}" for system in ("base", "tuned") for dim in DIMS]:
        before, after = (loop.place.vectors(pair, column) for pair in ("pair", name))
        np.testing.assert_array_equal(after, before)


def test_both_are_compared_at_every_dimension(loop: Loop) -> None:
    name, dims = loop.kind.name, {str(dim) for dim in DIMS}
    systems, compared = loop.result["systems"], loop.result["comparison"]
    assert {system: set(row) for system, row in systems.items()} == {"base": dims, name: dims, "tuned": dims}
    assert {system: set(row) for system, row in compared.items()} == {name: dims, "tuned": dims}
    for dim in DIMS:
        gain = loop.measured(name, dim) - loop.measured("base", dim)
        assert compared[name][str(dim)]["delta"] == pytest.approx(gain)


def test_what_it_was_trained_on_it_has_learnt(loop: Loop) -> None:
    assert loop.measured(loop.kind.name) > loop.measured("base")


def mrr(model: SentenceTransformer, questions: Any) -> float:
    """MRR@10 over all articles; `questions`: their vectors."""
    scores = model.similarity(questions, model.encode(DOCUMENTS))
    doc_ids = [article.doc_id for article in ARTICLES]
    rows = zip(QUESTIONS, scores.tolist(), strict=True)
    run = {query_id: dict(zip(doc_ids, row, strict=True)) for query_id, row in rows}
    qrels = {query_id: {doc_id: 1} for query_id, doc_id in ANSWERS.items()}
    return float(ir_measures.calc_aggregate([RR @ 10], qrels, run)[RR @ 10])


def test_measures_are_those_of_models_with_their_own_prompts(loop: Loop) -> None:
    for name in ("base", loop.kind.name):
        for dim in DIMS:
            model = loop.place.loaded(name, dim)
            questions = model.encode_query(list(QUESTIONS.values()))
            assert loop.measured(name, dim) == pytest.approx(mrr(model, questions))


def test_training_measures_with_the_prompt_that_it_trains_with(loop: Loop) -> None:
    base = loop.place.loaded("base")
    before = mrr(base, base.encode([loop.kind.prompt + text for text in QUESTIONS.values()]))
    after = loop.measured(loop.kind.name)  # the pool of a dev set is the whole of so small a corpus
    assert f"queries: MRR@10 {before:.3f} before, {after:.3f} after" in loop.trained
    record = json.loads(loop.file("training.json"))
    assert record["measured"] == {"queries": pytest.approx({"before": before, "after": after})}
    assert len(loop.logged("dev")) == EPOCHS
    assert max(loop.logged("dev")) == pytest.approx(after)


def test_every_query_is_marked_contaminated(loop: Loop) -> None:
    leakage = loop.result["leakage"]
    assert "Contamination: 4 of 4 queries are asked in training" in loop.evaluated
    assert {query_id: row["text"] for query_id, row in leakage["asked in training"].items()} == QUESTIONS
    assert set(leakage["articles seen"]) == set(ANSWERS.values())
    assert leakage["without queries asked in training"] == {"judged": 0}


def test_the_query_prompt_stands_in_the_pair_file_and_in_the_model(loop: Loop) -> None:
    systems = loop.place.pair(loop.kind.name)["systems"]
    prompts = {name: system.get("query_prompt", "") for name, system in systems.items()}
    assert prompts == {"base": QUERY_PROMPT, loop.kind.name: loop.kind.prompt, "tuned": QUERY_PROMPT}
    config = json.loads(loop.file("config_sentence_transformers.json"))
    assert config["prompts"] == PROMPTS | {"query": loop.kind.prompt}
    assert "the model declares the query prompt" not in loop.built  # it would where the two differed


def test_the_folder_is_an_ordinary_model_with_the_vectors_of_the_index(loop: Loop) -> None:
    name = loop.kind.name
    for dim in DIMS:
        theirs = loop.place.loaded(name, dim).encode(DOCUMENTS, normalize_embeddings=True)
        np.testing.assert_allclose(loop.place.vectors(name, f"{name}_{dim}"), theirs, atol=1e-5)
    apart = theirs - loop.place.vectors(name, f"base_{DIMS[-1]}")
    assert np.linalg.norm(apart, axis=1).min() > 0.1


def test_it_has_the_bases_modules_and_weights_of_its_own(loop: Loop) -> None:
    before, after = (loop.place.loaded(name).state_dict() for name in ("base", loop.kind.name))
    assert {name: (tensor.shape, tensor.dtype) for name, tensor in after.items()} == {
        name: (tensor.shape, torch.float32) for name, tensor in before.items()
    }
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    linear = {name for name in before if name.endswith(("_proj.weight", "linear.weight"))}
    others = before.keys() - linear
    assert linear <= moved
    assert (others & moved == set()) is bool(loop.kind.lora_rank)  # adapters are for linear layers
