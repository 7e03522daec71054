"""Indexes that are built in parts, moved, opened without models, taken over or left half done."""

import json
import multiprocessing
import os
import shutil
import signal
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import lancedb
import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner

from tests.conftest import ARTICLES, QUERIES, save_model
from tests.corpora.sources.test_data_pack import pack
from tests.index.test_building import counting, encoded
from workbench._pairs import read_pair
from workbench.cli import main
from workbench.core import hub
from workbench.core.domain import Article, Level
from workbench.core.errors import HubError, IndexFault
from workbench.core.settings import Pair
from workbench.core.vectors import Vectors
from workbench.encoders import encoders_for, guards
from workbench.encoders.backends import model_folder, sentence_transformer
from workbench.encoders.backends.sentence_transformer import SentenceTransformerEncoder
from workbench.index import Index, build, read_training, write_training
from workbench.query_sets.contamination import TrainingQuery

LAWS = tuple(replace(article, synthetic=False) for article in ARTICLES)  # a table cannot say that it is
COMMITS = {"org/base": "b" * 40, "org/tuned": "c" * 40}


@dataclass
class Desk:
    """A folder with a pair file that can be changed, a corpus and a home folder."""

    folder: Path
    home: Path
    systems: dict[str, dict[str, Any]]
    top: str = ""
    source: str = '{ kind = "jsonl", path = "laws.jsonl" }'
    dims: tuple[int, ...] = (16, 8, 4)
    index: str = ""

    @property
    def file(self) -> Path:
        tables = [
            f"[systems.{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
            for name, keys in self.systems.items()
        ]
        text = (
            f'name = "Desk"\ndims = {list(self.dims)}\n{self.top}\n[corpus]\nsources = [{self.source}]\n'
            + "".join(tables)
        )
        path = self.folder / "pair.toml"
        path.write_text(
            text + (f"[index]\nuri = {json.dumps(self.index)}\n" if self.index else ""), encoding="utf-8"
        )
        return path

    @property
    def pair(self) -> Pair:
        return read_pair(str(self.file))

    @property
    def opened(self) -> Index:
        return Index(self.pair.index_uri(self.home))

    @property
    def columns(self) -> set[str]:
        return set(self.opened.builds)

    def corpus(self, articles: Sequence[Article]) -> None:
        rows = [
            json.dumps(asdict(article) | {"level": article.level.value}, ensure_ascii=False)
            for article in articles
        ]
        (self.folder / "laws.jsonl").write_text("\n".join(rows), encoding="utf-8")

    def run(self, *arguments: str, fault: str = "") -> str:
        """What a command says, on stdout if it says anything there; with `fault`: it must end in that one message."""
        ended = CliRunner().invoke(main, [*arguments, "--pair", str(self.file), "--home", str(self.home)])
        assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exc_info
        assert ended.exit_code == (1 if fault else 0), ended.stderr
        assert fault in ended.stderr
        assert [line.startswith("error: ") for line in ended.stderr.splitlines()].count(True) == bool(fault)
        return ended.stdout or ended.stderr

    def build(self, *arguments: str, fault: str = "") -> str:
        """The part of what a build says that counts what it encoded."""
        said = self.run("index", "build", *arguments, fault=fault)
        return said if fault else said.partition("encoded now: ")[2].partition(" (")[0]


@pytest.fixture
def desk(tmp_path: Path, pair_folder: Path) -> Desk:
    systems = {
        "base": {"label": "Base", "model": str(pair_folder / "base")},
        "tuned": {"label": "Tuned", "model": str(pair_folder / "tuned"), "query_prompt": "问题："},
    }
    (tmp_path / "desk").mkdir()
    made = Desk(tmp_path / "desk", tmp_path / "home", systems)
    made.corpus(LAWS)
    (made.folder / "queries.jsonl").write_text(QUERIES, encoding="utf-8")
    return made


# A part at a time


def test_systems_and_dimensions_one_after_the_other(desk: Desk) -> None:
    assert desk.build("--systems", "base", "--dims", "16") == "Base 7"
    assert desk.columns == {"base_16"}
    assert "base_8 is missing" in desk.run("index", "verify", fault="does not fit the pair")
    assert desk.build("--systems", "base", "--dims", "8") == "Base 0"
    assert desk.build("--systems", "tuned", "--dims", "4") == "Tuned 7"
    assert desk.columns == {"base_16", "base_8", "tuned_4"}
    assert desk.build("--systems", "tuned") == "Tuned 7"  # wider ones cannot be made from narrower ones
    assert desk.build() == "Base 0, Tuned 0"
    assert desk.columns == {f"{name}_{dim}" for name in ("base", "tuned") for dim in (16, 8, 4)}
    assert "7 articles and 6 vector columns" in desk.run("index", "verify")
    at_once = Desk(desk.folder, desk.home.with_name("at once"), desk.systems)
    at_once.build()
    for column in desk.columns:
        ours, theirs = (np.concatenate(list(one.opened.vector_batches(column))) for one in (desk, at_once))
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_all_that_a_source_skips_can_be_read(desk: Desk) -> None:
    laws = desk.folder / "laws.jsonl"
    laws.write_text("{}\n" * 7 + laws.read_text(encoding="utf-8"), encoding="utf-8")
    path = desk.home / "sources" / "pair.txt"
    assert f"and 2 more\nAll of it stands in {path}\n" in desk.run("index", "build", "--systems", "base")
    written = path.read_text(encoding="utf-8").splitlines()
    assert written[1] == "  skipped 7: no law, number or text"
    assert [line.partition(":")[2].partition(":")[0] for line in written[2:]] == list("1234567")


def test_a_changed_corpus_and_one_system_only(desk: Desk) -> None:
    desk.build()
    desk.corpus([replace(LAWS[0], text="改了。"), *LAWS[1:]])
    desk.build(
        "--systems",
        "base",
        fault="has no vectors of Tuned for 1 of the articles, as the corpus has changed; build all systems together: ",
    )
    assert desk.opened.articles() == {article.doc_id: article for article in LAWS}
    assert len(desk.columns) == 6
    assert desk.build("--systems", "base,tuned") == "Base 1, Tuned 1"
    desk.corpus(LAWS[2:])  # with fewer articles, nothing is lacking
    assert desk.build("--systems", "base") == "Base 0"
    assert len(desk.columns) == 6


def test_a_growing_part(desk: Desk) -> None:
    encoded = [desk.build("--limit", limit) for limit in ("2", "3", "5", "5", "100")]
    assert encoded == [
        "Base 2, Tuned 2",
        "Base 1, Tuned 1",
        "Base 2, Tuned 2",
        "Base 0, Tuned 0",
        "Base 2, Tuned 2",
    ]
    assert desk.opened.counts["articles"] == 7


def test_a_part_is_verified_as_such(desk: Desk) -> None:
    desk.build("--where", "scope = 'local'", "--limit", "2")
    assert "2 articles and 6 vector columns are as they should be" in desk.run("index", "verify")
    desk.corpus([article for article in LAWS if article.doc_id != desk.opened.doc_ids[0]])
    assert "fewer" in desk.run("index", "verify", fault="the corpus has")
    desk.corpus(LAWS)
    assert desk.build() == "Base 5, Tuned 5"
    assert "7 articles" in desk.run("index", "verify")


def test_a_choice_that_takes_everything_is_not_kept_for_later(desk: Desk) -> None:
    desk.build("--limit", "7")
    assert desk.build() == "Base 0, Tuned 0"
    desk.corpus([*LAWS, replace(LAWS[0], law="新法")])
    assert "1 articles that the index lacks" in desk.run("index", "verify", fault="error: ")


WRONG_WISHES = [
    (
        ("--where", "scoop = 'x'"),
        "--where scoop = 'x': is no condition (no such column: scoop); wanted: SQL on law, article,",
    ),
    (("--where", "region = '丙省'"), "--where: lets no article through; loosen it"),
    (("--systems", "best"), 'systems: "best" is not in the pair; wanted: of base, tuned'),
    (("--systems", ""), 'systems: "" is not in the pair'),
    (("--dims", "7"), 'dims: "7" is not indexed; wanted: of 16, 8, 4'),
    (("--dims", "16,"), 'dims: "" is not indexed'),
    (("--device", "tpu"), 'device "tpu": is not on this machine; wanted: auto or'),
]


def test_wrong_wishes_leave_the_index_alone(desk: Desk) -> None:
    desk.build("--limit", "3")
    before = desk.opened.build_id
    for arguments, message in WRONG_WISHES:
        desk.build(*arguments, fault=message)
        assert desk.opened.build_id == before


def test_a_home_folder_that_cannot_be_one(desk: Desk) -> None:
    desk.home = desk.folder / "laws.jsonl"
    desk.build(fault="laws.jsonl/index/pair: cannot be written ([Errno 20] Not a directory")
    assert "choose another folder with --home, or as `uri` of [index]" in desk.build(fault="error: ")


def test_a_pair_without_query_sets(desk: Desk) -> None:
    assert desk.build() == "Base 7, Tuned 7"
    assert read_training(desk.pair.index_uri(desk.home)) is None


def test_one_model_in_memory_at_a_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[weakref.ref[Any]] = []
    check = guards.check_model

    def noted(model: Any, system: Any) -> None:
        assert [one for one in loaded if one() is not None] == []
        loaded.append(weakref.ref(model))
        check(model, system)

    monkeypatch.setattr(guards, "check_model", noted)
    monkeypatch.setattr(sentence_transformer, "read_static", lambda _: None)  # questions load the model too
    desk.top = 'queries = ["queries.jsonl"]'
    desk.build()
    assert len(loaded) == 4  # documents, then queries, of two systems


# Names and order of systems


def test_renamed_and_reordered_systems_need_nothing_new(desk: Desk) -> None:
    desk.build()
    before = desk.run("search", "夜里摆渡要点几盏灯", "--json")
    desk.systems = {"lawvault": desk.systems["tuned"], "gemma": desk.systems["base"]}
    after = desk.run("search", "夜里摆渡要点几盏灯", "--json")
    for old, new in (("base", "gemma"), ("tuned", "lawvault")):
        one, other = (json.loads(text)["hits"][name] for text, name in ((before, old), (after, new)))
        assert [(hit["doc_id"], hit["score"]) for hit in one] == [
            (hit["doc_id"], hit["score"]) for hit in other
        ]
    desk.corpus(LAWS[1:])
    assert desk.build("--systems", "gemma") == "Base 0"
    assert desk.columns == {f"{name}_{dim}" for name in ("gemma", "lawvault") for dim in (16, 8, 4)}
    assert "6 articles" in desk.run("index", "verify")


def test_systems_that_share_columns(desk: Desk) -> None:
    asking, evaluate = {"query_prompt": "问："}, ("evaluate", "--queries", str(desk.folder / "queries.jsonl"))
    desk.systems |= {"asked": desk.systems["base"] | asking | {"label": "Asked"}}
    desk.top = 'queries = ["queries.jsonl"]'
    assert desk.build() == "Base 7, Tuned 7"
    assert desk.columns == {f"{name}_{dim}" for name in ("base", "tuned") for dim in (16, 8, 4)}
    whole = json.loads(desk.run(*evaluate))["systems"]
    for some in ("asked", "asked,tuned", "tuned,asked"):
        assert json.loads(desk.run(*evaluate, "--systems", some))["systems"]["asked"] == whole["asked"]
    assert json.loads(desk.run(*evaluate, "--baseline", "asked"))["systems"] == whole
    assert desk.build("--systems", "asked") == "Base 0"
    assert len(desk.columns) == 6
    desk.systems.pop("base")  # the one that the columns are named after
    assert json.loads(desk.run(*evaluate))["systems"]["asked"] == whole["asked"]
    assert desk.build() == "Tuned 0, Asked 0"
    assert json.loads(desk.run(*evaluate))["systems"]["asked"] == whole["asked"]


# Another machine


@dataclass
class Machine:
    """What a machine has of the hub, and what the hub gives it: repository -> commit -> folder; `asked`: what was fetched."""

    at_hub: dict[str, dict[str, Path]]
    have: dict[str, dict[str, Path]] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def commit_of(self, repo: str, *, revision: str = "") -> str:
        commit = self.branches.get(repo, "") if revision in ("", "main") else revision
        return commit if commit in self.have.get(repo, {}) else ""

    def fetch(self, repo: str, *, revision: str = "") -> Path:
        if commit := self.commit_of(repo, revision=revision):
            return self.have[repo][commit]
        self.asked.append((repo, revision))
        if repo not in self.at_hub:
            raise HubError(repo, "is not on this machine", remedy="fetch it")
        commit = next(reversed(self.at_hub[repo])) if revision in ("", "main") else revision
        if revision in ("", "main"):
            self.branches[repo] = commit
        self.have.setdefault(repo, {})[commit] = self.at_hub[repo][commit]
        return self.have[repo][commit]


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Machine], Machine]]:
    """Goes to another machine."""

    def go(machine: Machine) -> Machine:
        model_folder._commit.cache_clear()
        monkeypatch.setattr(hub, "commit_of", machine.commit_of)
        monkeypatch.setattr(hub, "fetch", machine.fetch)
        return machine

    yield go
    model_folder._commit.cache_clear()


@pytest.fixture
def moved(desk: Desk, pair_folder: Path, at: Callable[[Machine], Machine], tmp_path: Path) -> Desk:
    """An index built with models of a hub, then brought to a machine that has nothing else."""
    at(Machine({repo: {commit: pair_folder / repo[4:]} for repo, commit in COMMITS.items()}))
    for name, system in desk.systems.items():
        system["model"] = f"org/{name}"
    desk.top = 'queries = ["queries.jsonl"]'
    assert desk.build() == "Base 7, Tuned 7"
    assert desk.opened.builds["tuned_16"]["weights"] == f"org/tuned@{COMMITS['org/tuned']}"
    there = Desk(desk.folder, tmp_path / "another home", desk.systems, desk.top)
    (there.home / "index").mkdir(parents=True)
    shutil.move(desk.home / "index" / "pair", there.home / "index" / "pair")
    return there


def test_known_queries_need_no_model_on_another_machine(
    moved: Desk, at: Callable[[Machine], Machine]
) -> None:
    bare = at(Machine({}))
    result = json.loads(moved.run("evaluate", "--queries", str(moved.folder / "queries.jsonl")))
    assert (result["queries"]["judged"], result["queries"]["unresolved"]) == (4, 0)
    assert len(json.loads(moved.run("search", "谁看灯塔", "--json"))["hits"]["tuned"]) == 7
    assert "as they should be" in moved.run("index", "verify")
    assert moved.build() == "Base 0, Tuned 0"
    assert bare.asked == []
    moved.run("search", "从来没有问过", fault="org/base: is not on this machine; fetch it")


def test_a_new_question_is_asked_of_the_weights_that_the_index_was_built_with(
    moved: Desk, at: Callable[[Machine], Machine], pair_folder: Path, tmp_path: Path
) -> None:
    for name in ("base", "tuned"):
        save_model(tmp_path / f"newer {name}", 9)
    newer = {
        repo: {commit: pair_folder / repo[4:], "d" * 40: tmp_path / f"newer {repo[4:]}"}
        for repo, commit in COMMITS.items()
    }
    there = at(Machine(newer))  # where the hub's main branch has moved on
    local = Desk(
        moved.folder,
        tmp_path / "home of its own",
        {name: keys | {"model": str(pair_folder / name)} for name, keys in moved.systems.items()},
    )
    local.build()
    for _ in range(2):
        ours, theirs = (
            json.loads(one.run("search", "新的问题是什么", "--json"))["hits"] for one in (moved, local)
        )
        assert {name: [hit["doc_id"] for hit in hits] for name, hits in ours.items()} == {
            name: [hit["doc_id"] for hit in hits] for name, hits in theirs.items()
        }
        assert ours["tuned"][0]["score"] == pytest.approx(theirs["tuned"][0]["score"], abs=1e-6)
    assert there.asked == list(COMMITS.items())


def test_an_index_at_another_place(desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    desk.build()
    before = desk.run("search", "谁看灯塔", "--json")
    (desk.folder / "über uns 法").mkdir()
    shutil.move(desk.home / "index" / "pair", desk.folder / "über uns 法" / "an index")
    monkeypatch.chdir(tmp_path)  # a path is taken from the pair file, not from here
    monkeypatch.setenv("THERE", str(desk.folder))
    for uri in (
        "über uns 法/an index",
        str(desk.folder / "über uns 法" / "an index"),
        "$THERE/über uns 法/an index",
    ):
        desk.index = uri
        assert desk.run("search", "谁看灯塔", "--json") == before
        assert desk.build() == "Base 0, Tuned 0"
    assert not (desk.home / "index" / "pair").exists()


def test_the_same_model_files_elsewhere_fit_and_others_do_not(
    desk: Desk, pair_folder: Path, tmp_path: Path
) -> None:
    desk.build()
    for name in ("base", "tuned"):
        shutil.copytree(pair_folder / name, tmp_path / "models 模型" / name)
        desk.systems[name]["model"] = str(tmp_path / "models 模型" / name)
    assert "as they should be" in desk.run("index", "verify")
    assert desk.build() == "Base 0, Tuned 0"
    save_model(tmp_path / "models 模型" / "tuned", 5)
    assert "tuned_16 (Tuned) was built with weights" in desk.run(
        "search", "船", fault=f"run `workbench index build --pair {desk.file}`"
    )
    assert desk.build() == "Base 0, Tuned 7"


# What comes along


CHUNKS = [
    (
        row,
        f"第{number}条 渡船{'载客不得超过核定人数' * row}。",
        "渡口法",
        "法律",
        "",
        "2020-01-01",
        "",
        "",
        f"第{number}条",
    )
    for row, number in enumerate("一二三四五六七八九", 1)
]


@pytest.fixture
def packed(desk: Desk, pair_folder: Path) -> Desk:
    """A data pack with the base model's vectors, of all chunks but one."""
    desk.source = '{ kind = "lawvault-data-pack", path = "pack", vectors = "base" }'
    pack(desk.folder / "pack", *CHUNKS)
    offer(desk, "title: {law} {article} | text: {text}", pair_folder / "base")
    return desk


def offer(desk: Desk, template: str, model: Path, table: str = "laws_vectors") -> None:
    keys = ("law", "article", "text")
    texts = [
        template.format(**dict(zip(keys, (law, article, text), strict=True)))
        for _, text, law, *_, article in CHUNKS[:-1]
    ]
    vectors = SentenceTransformerEncoder(
        replace(desk.pair.dense["base"], label="x"), str(model)
    ).encode_documents(texts)
    rows = pa.table(
        {
            "chunk_id": [str(chunk[0]) for chunk in CHUNKS[:-1]],
            "vector": pa.FixedSizeListArray.from_arrays(pa.array((2 * vectors).ravel()), vectors.shape[1]),
        }
    )
    lancedb.connect(str(desk.folder / "pack" / "law_db.lancedb")).create_table(table, rows, mode="overwrite")


def test_vectors_of_a_data_pack_are_taken_over(packed: Desk) -> None:
    said = packed.run("index", "build")
    assert "Base: 8 vectors taken over (least cosine 1.0000 in a sample of 8)" in said
    assert "encoded now: Base 1, Tuned 9" in said
    fresh = Desk(
        packed.folder,
        packed.home.with_name("fresh"),
        packed.systems,
        source=packed.source.replace(', vectors = "base"', ""),
    )
    assert fresh.build() == "Base 9, Tuned 9"
    for dim in packed.dims:
        ours, theirs = (
            np.concatenate(list(one.opened.vector_batches(f"base_{dim}"))) for one in (packed, fresh)
        )
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
    assert packed.build() == "Base 0, Tuned 0"


@pytest.mark.parametrize(
    ("template", "model"),
    [("title: none | text: {text}", "base"), ("title: {law} {article} | text: {text}", "tuned")],
)
def test_vectors_of_another_template_or_model_are_not_taken(
    packed: Desk, pair_folder: Path, template: str, model: str
) -> None:
    offer(packed, template, pair_folder / model)
    said = packed.run("index", "build")
    assert "Base: the vectors that came along are not this model's (least cosine" in said
    assert "encoded now: Base 9, Tuned 9" in said


def test_vectors_of_other_texts_are_not_taken(packed: Desk) -> None:
    shutil.rmtree(packed.folder / "pack")
    pack(packed.folder / "pack", *((n + 100, *rest) for n, *rest in CHUNKS))
    packed.run(
        "index",
        "build",
        fault="law_db.lancedb: has no table laws_vectors; take `vectors` out of the source, or restore the folder",
    )
    assert not (packed.folder / "pack" / "law_db.lancedb").exists()
    offer(packed, "title: {law} {article} | text: {text}", Path(packed.pair.dense["base"].model))
    assert "Base: the vectors that came along are for none of these articles" in packed.run("index", "build")


@pytest.mark.parametrize(
    "rows",
    [{"chunk_id": ["1"]}, {"chunk_id": [1, 2], "vector": [[1.0], [2.0]]}, {"id": ["1"], "vector": [[1.0]]}],
)
def test_a_table_of_another_shape(packed: Desk, rows: dict[str, list[Any]]) -> None:
    lancedb.connect(str(packed.folder / "pack" / "law_db.lancedb")).create_table(
        "laws_vectors", pa.table(rows), mode="overwrite"
    )
    ended = CliRunner().invoke(
        main, ["index", "build", "--pair", str(packed.file), "--home", str(packed.home)]
    )
    assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exc_info
    assert ("law_db.lancedb: " in ended.stderr and ended.exit_code == 1) or "Base 9" in ended.stderr


def test_training_queries_go_along(tmp_path: Path) -> None:
    queries = [
        TrainingQuery("谁看灯塔", frozenset({"灯塔法#第一条", "x"})),
        TrainingQuery("", frozenset()),
        TrainingQuery("a'b", frozenset()),
    ]
    assert read_training(str(tmp_path / "none")) is None
    for kept in (queries, queries[:1], []):
        write_training(str(tmp_path / "index"), kept)
        assert read_training(str(tmp_path / "index")) == kept


def test_an_index_of_an_older_version_is_brought_up_to_date_without_encoding(desk: Desk) -> None:
    desk.top = 'queries = ["queries.jsonl"]'
    desk.build()
    database = lancedb.connect(str(desk.home / "index" / "pair"))
    build_id = desk.opened.build_id
    articles = database.open_table("articles").to_arrow().drop_columns("source_id")
    database.create_table(
        "articles", articles.replace_schema_metadata({"build_id": build_id}), mode="overwrite"
    )
    database.open_table("builds").drop_columns(["chosen"])
    database.drop_table("queries")
    assert desk.opened.subset == ""
    desk.run("search", "谁看灯塔", "--json", fault=f"run `workbench index build --pair {desk.file}` again")
    assert desk.build() == "Base 0, Tuned 0"
    assert desk.opened.articles() == {article.doc_id: article for article in LAWS}
    assert "as they should be" in desk.run("index", "verify")


# Stopped half-way


MANY = [
    Article(law=f"渡口法{number:04}", article="第一条", text=f"渡船{number}载客。", level=Level.LAW)
    for number in range(1500)
]


def _build_slowly(uri: str, pair: Pair, log: Path) -> None:
    build(uri, MANY, pair, counting(pair, log, 0.3))


def test_a_killed_build_keeps_what_it_committed(pair: Pair, tmp_path: Path) -> None:
    uri, log = str(tmp_path / "index"), tmp_path / "log"
    process = multiprocessing.get_context("spawn").Process(target=_build_slowly, args=(uri, pair, log))
    process.start()
    while (
        encoded(log) < 1024 and process.is_alive()
    ):  # the first batch has been committed, another is about to be
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)  # type: ignore[arg-type]
    process.join()
    first = encoded(log)
    assert first < 2 * len(MANY)
    with pytest.raises(IndexFault, match="holds no index"):
        Index(uri)
    report = build(uri, MANY, pair, counting(pair, log))
    assert 2 * len(MANY) - sum(report.encoded.values()) >= 128
    assert encoded(log) - first == sum(report.encoded.values())
    assert Index(uri).verify(MANY) == []


def test_batches_grow_only_as_long_as_they_are_quick(
    pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []

    class Slow(SentenceTransformerEncoder):
        def encode_documents(self, texts: Sequence[str], **more: Any) -> Vectors:
            sizes.append(len(texts))
            return super().encode_documents(texts, **more)

    clock = iter(range(0, 100_000, 5))  # each batch seems to take five seconds
    monkeypatch.setattr("workbench.index.building.filling.perf_counter", lambda: float(next(clock)))
    one = replace(pair, systems={"base": pair.dense["base"]})
    build(str(tmp_path / "index"), MANY, one, {"base": Slow(pair.dense["base"], pair.dense["base"].model)})
    assert sizes == [128, 512, 860]  # 20 s of encoding between two commits, and never more than 1024
    assert (
        encoders_for(one, tmp_path)["base"].document_fingerprint
        == Index(str(tmp_path / "index")).builds["base_16"]["fingerprint"]
    )
