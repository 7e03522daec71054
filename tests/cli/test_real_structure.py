"""Two models of EmbeddingGemma's structure from a hub on loopback, through every command, in processes of their own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import lancedb
import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from tests import hub_server
from tests.conftest import ARTICLES, QUERIES, ROOT
from tests.gemma import QUERY_PROMPT, save_gemma
from workbench.core.vectors import Vectors
from workbench.index import Index
from workbench.index.sidecars import VECTOR

BASE_COMMIT, TUNED_COMMIT = "0" * 40, "a" * 40
DIMS = (768, 512, 256, 128)
QUESTIONS = [json.loads(line)["text"] for line in QUERIES.splitlines()]
SYSTEMS = """
[systems.base]
label = "Base"
model = "org/base"
revision = "{commit}"
query_prompt = "{prompt}"
dtype = "{dtype}"
max_seq_length = 1024
[systems.tuned]
label = "Tuned"
model = "{tuned}"
revision = "main"
dtype = "{dtype}"
max_seq_length = 1024
[variants.bare]
base = {{ query_prompt = "" }}
[variants.prompted]
tuned = {{ query_prompt = "{prompt}" }}
"""
TOP = """
name = "Hub pair"
dims = [768, 512, 256, 128]
queries = ["queries.jsonl"]
[corpus]
sources = [{ kind = "jsonl", path = "articles.jsonl" }]
"""
# Organisation of the tuned model -> what the build that had already encoded the base says at last.
FAILURES = {
    "gated": "gated/tuned: is gated: its licence has to be accepted first (401); open https://huggingface.co/gated/tuned and accept the licence",
    "missing": "(404); check the name",
    "unlisted": "is gated, and your account is not on its list (403); open https://huggingface.co/unlisted/tuned",
    "silent": "gave no answer within 2 s; check the network",
    "cut": "stopped or broke off in the middle of a file; check the network; files that are complete are kept, so run it again",
}

# Runs commands one after the other in one process, for each a line of JSON: the libraries take seconds to
# import.
DRIVER = """
import json, sys, time
from click.testing import CliRunner
from workbench.cli import main
for arguments in json.loads(sys.argv[1]):
    began, ended = time.perf_counter(), CliRunner().invoke(main, arguments)
    fault = "" if ended.exception is None or isinstance(ended.exception, SystemExit) else repr(ended.exception)
    print(json.dumps([ended.exit_code, ended.stdout, ended.stderr, fault, time.perf_counter() - began]))
"""


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str
    fault: str
    seconds: float


@dataclass(frozen=True)
class Place:
    """A folder with pair files, a home folder and a hub cache; `address`: of the hub."""

    folder: Path
    address: str

    def pair(self, name: str, *, tuned: str = "org/tuned", dtype: str = "float32") -> str:
        systems = SYSTEMS.format(commit=BASE_COMMIT, prompt=QUERY_PROMPT, tuned=tuned, dtype=dtype)
        (self.folder / f"{name}.toml").write_text(TOP + systems, encoding="utf-8")
        return str(self.folder / f"{name}.toml")

    def run(self, commands: Sequence[Sequence[str]], *, cache: str = "cache", **settings: str) -> list[Ended]:
        """What became of each command, all in one new process."""
        given = {
            "HF_ENDPOINT": self.address,
            "HF_HOME": str(self.folder / cache),
            "HF_HUB_OFFLINE": "0",
            "HF_HUB_DOWNLOAD_TIMEOUT": "2",
        }
        arguments = [[*command, "--home", str(self.folder / "home")] for command in commands]
        ended = subprocess.run(
            [sys.executable, "-c", DRIVER, json.dumps(arguments)],
            env=os.environ | given | {"HF_TOKEN": "", "OMP_NUM_THREADS": "1"} | settings,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=150,
        )
        assert ended.returncode == 0, ended.stderr
        found = [Ended(*json.loads(line)) for line in ended.stdout.splitlines()]
        assert [one.fault for one in found] == [""] * len(commands)
        return found

    def vectors(self, pair: str, column: str) -> Vectors:
        return np.concatenate(list(Index(str(self.folder / "home" / "index" / pair)).vector_batches(column)))

    def queries(self, pair: str, model: str, prompt: str) -> Vectors:
        """The vectors of the pair's questions, as they lie beside the articles."""
        rows = (
            lancedb.connect(str(self.folder / "home" / "index" / pair))
            .open_table("queries")
            .to_arrow()
            .to_pylist()
        )
        found = {
            row["text"]: row[VECTOR] for row in rows if (row["model"], row["query_prompt"]) == (model, prompt)
        }
        return np.array([found[text] for text in QUESTIONS], np.float32)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    found = {BASE_COMMIT: tmp_path_factory.mktemp("base"), TUNED_COMMIT: tmp_path_factory.mktemp("tuned")}
    for seed, folder in enumerate(found.values()):
        save_gemma(folder, [article.text for article in ARTICLES], seed=seed)
    return found


@pytest.fixture(scope="module")
def place(models: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("place")
    rows = [
        json.dumps(asdict(article) | {"level": article.level.value}, ensure_ascii=False)
        for article in ARTICLES
    ]
    (folder / "articles.jsonl").write_text("\n".join(rows), encoding="utf-8")
    (folder / "queries.jsonl").write_text(QUERIES, encoding="utf-8")
    with hub_server.serving(models, TUNED_COMMIT) as hub:
        yield Place(folder, hub.address)


@pytest.fixture(scope="module")
def used(place: Place) -> dict[str, Ended]:
    """Every command on the pair from the hub, in float32; builds in bfloat16, and with hubs that fail at the second model."""
    pair, half, queries = (
        place.pair("whole"),
        place.pair("half", dtype="bfloat16"),
        ("--queries", str(place.folder / "queries.jsonl")),
    )
    commands = {
        "build": ["index", "build", "--pair", pair],
        "half": ["index", "build", "--pair", half],
        "search": ["search", "谁可以坐渡船", "--pair", pair, "--json"],
        "evaluate": ["evaluate", "--pair", pair, "--json", str(place.folder / "result.json"), *queries],
        "all": [
            "evaluate",
            "--pair",
            pair,
            "--variant",
            "all",
            "--json",
            str(place.folder / "all.json"),
            *queries,
        ],
        "bare": [
            "evaluate",
            "--pair",
            pair,
            "--variant",
            "bare",
            "--json",
            str(place.folder / "bare.json"),
            *queries,
        ],
        "one variant": [
            "evaluate",
            "--pair",
            pair,
            "--variant",
            "all",
            "--systems",
            "basebare,tuned",
            *queries,
        ],
        "turned": [
            "evaluate",
            "--pair",
            pair,
            "--variant",
            "all",
            "--baseline",
            "tunedprompted",
            "--dims",
            "128",
            *queries,
        ],
        "verify": ["index", "verify", "--pair", pair],
        "again": ["index", "build", "--pair", pair],
        "build all": ["index", "build", "--pair", pair, "--variant", "all"],
    } | {name: ["index", "build", "--pair", place.pair(name, tuned=f"{name}/tuned")] for name in FAILURES}
    return dict(zip(commands, place.run(list(commands.values())), strict=True))


def test_every_command_works(used: dict[str, Ended]) -> None:
    assert {name: one.err for name, one in used.items() if one.code and name not in FAILURES} == {}
    assert "encoded now: Base 7, Tuned 7" in used["build"].err
    assert ": MRR@10 over 4 queries at 768 dimensions: Base 0." in used["build"].err
    assert "7 articles and 8 vector columns are as they should be" in used["verify"].out
    hits = json.loads(used["search"].out)["hits"]
    assert {name: len(listing) for name, listing in hits.items()} == {"base": 7, "tuned": 7}
    assert all(-1 <= hit["score"] <= 1.0001 for listing in hits.values() for hit in listing)


def test_another_prompt_than_the_models_own_is_noted(used: dict[str, Ended]) -> None:
    note = f'the model declares the query prompt "{QUERY_PROMPT}", the pair uses none'
    assert f"Tuned: {note}" in used["build"].err
    assert f"Base: {note}" not in used["build"].err


def test_vectors_are_those_of_sentence_transformers(
    used: dict[str, Ended], place: Place, models: dict[str, Path]
) -> None:
    documents = [f"title: {article.law} {article.article} | text: {article.text}" for article in ARTICLES]
    for name, folder, own in (
        ("base", models[BASE_COMMIT], QUERY_PROMPT),
        ("tuned", models[TUNED_COMMIT], ""),
    ):
        model = SentenceTransformer(str(folder), device="cpu")
        assert cosines(place.vectors("whole", f"{name}_768"), model.encode(documents)).min() > 0.9999
        for prompt in {
            own,
            "" if own else QUERY_PROMPT,
        }:  # the other one comes from the build of all variants
            theirs = model.encode([prompt + text for text in QUESTIONS])
            assert cosines(place.queries("whole", f"org/{name}", prompt), theirs).min() > 0.9999


def cosines(ours: Vectors, theirs: Any) -> Any:
    return (ours * theirs).sum(axis=1) / np.linalg.norm(ours, axis=1) / np.linalg.norm(theirs, axis=1)


def test_bfloat16_gives_nearly_the_same(used: dict[str, Ended], place: Place) -> None:
    for system in ("base", "tuned"):
        for dim in DIMS:
            half, whole = (place.vectors(pair, f"{system}_{dim}") for pair in ("half", "whole"))
            assert half.shape == (7, dim)
            np.testing.assert_allclose(np.linalg.norm(np.concatenate([half, whole]), axis=1), 1, atol=1e-5)
            assert 0.999 < cosines(half, whole).min() < 1


def test_variants_share_columns(used: dict[str, Ended], place: Place) -> None:
    found = json.loads((place.folder / "all.json").read_text(encoding="utf-8"))["systems"]
    assert set(found) == {"base", "tuned", "basebare", "tunedprompted"}
    assert set(Index(str(place.folder / "home" / "index" / "whole")).builds) == {
        f"{name}_{dim}" for name in ("base", "tuned") for dim in DIMS
    }
    assert (
        found["base"]
        == json.loads((place.folder / "result.json").read_text(encoding="utf-8"))["systems"]["base"]
    )
    assert (
        found["basebare"]
        == json.loads((place.folder / "bare.json").read_text(encoding="utf-8"))["systems"]["base"]
    )
    assert json.loads(used["one variant"].out)["systems"]["basebare"] == found["basebare"]
    assert json.loads(used["turned"].out)["systems"]["tunedprompted"]["128"] == found["tunedprompted"]["128"]
    for again in ("build all", "again"):
        assert "already up to date; encoded now: Base 0, Tuned 0" in used[again].err


def test_a_build_that_fails_at_the_second_model_goes_on_there(
    used: dict[str, Ended], place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, message in FAILURES.items():
        assert used[name].code == 1
        assert used[name].err.count("error: ") == 1
        assert message in used[name].err.splitlines()[-1]
        assert used[name].seconds < 20  # with 2 s for an answer
    for name in ("gated", "missing"):
        monkeypatch.delitem(hub_server.REFUSALS, name)
    for ended in place.run(
        [["index", "build", "--pair", str(place.folder / f"{name}.toml")] for name in ("gated", "missing")]
    ):
        assert (ended.code, "encoded now: Base 0, Tuned 7" in ended.err) == (0, True), ended.err


def test_offline(used: dict[str, Ended], place: Place) -> None:
    new = place.pair("new")
    never = place.pair("never", tuned="elsewhere/tuned")
    build, search, without = place.run(
        [
            ["index", "build", "--pair", new],
            ["search", "守塔人是谁", "--pair", new, "--json"],
            ["index", "build", "--pair", never],
        ],
        HF_HUB_OFFLINE="1",
    )
    assert (build.code, "encoded now: Base 7, Tuned 7" in build.err) == (0, True), build.err
    assert (search.code, len(json.loads(search.out)["hits"]["tuned"])) == (0, 7), search.err
    assert without.code == 1
    assert (
        "and HF_HUB_OFFLINE forbids to fetch it; run `hf download elsewhere/tuned --revision main` on a machine with access"
        in without.err
    )
