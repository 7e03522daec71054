"""The doctor: every finding in its order, none hides another, and its estimates hold against what is really built."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tests.cli.test_command import run
from tests.conftest import ARTICLES, ROOT, WIDTH, save_model
from tests.embeddings_server import serving
from tests.gemma import QUERY_PROMPT, save_gemma
from workbench._pairs import parse_pair
from workbench.cli import doctor
from workbench.cli.doctor import Finding, State, disk, examine, installed, memory, model, subject_room
from workbench.cli.doctor.disk import index_bytes
from workbench.cli.doctor.figures import duration
from workbench.core.domain import Article, Level
from workbench.core.errors import EncoderError
from workbench.core.settings import DenseSystem, Pair
from workbench.core.vectors import Vectors
from workbench.corpora import read_corpus
from workbench.encoders import encoders_for
from workbench.encoders.backends.sentence_transformer import SentenceTransformerEncoder
from workbench.index import build

COMMIT = "0123456789abcdef0123456789abcdef01234567"
TABLE = """\
name = "Tiny"
dims = [16, 4]
queries = ["own.jsonl"]
[corpus]
sources = [{ kind = "jsonl", path = "laws.jsonl" }]
[systems.base]
label = "Base"
model = "base"
[systems.tuned]
label = "Tuned"
model = "tuned"
query_prompt = "问题："
"""
WHOLE = [
    "installed",
    "device base",
    "device tuned",
    *["model base"] * 3,
    *["model tuned"] * 4,
    "corpus",
    "corpus",
    "queries",
]
WHOLE += ["disk", "memory", "time base", "time tuned", "index"]


def rows(articles: Sequence[Article]) -> str:
    named = (
        {name: getattr(article, name) for name in ("law", "article", "text", "level", "region")}
        for article in articles
    )
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in named)


def many(count: int) -> list[Article]:
    """Articles of different lengths, of characters in no order."""
    dice = np.random.default_rng(0)
    return [
        Article(
            f"渡口法{number // 50:02}",
            f"第{number % 50 + 1}条",
            "".join(map(chr, dice.integers(ord("一"), ord("龥"), 10 + number % 200))),
            Level.LAW,
        )
        for number in range(count)
    ]


@pytest.fixture
def folder(pair_folder: Path, tmp_path: Path) -> Path:
    """A folder with pair.toml, its queries, its corpus and its models."""
    for name in ("base", "tuned"):
        (tmp_path / name).symlink_to(pair_folder / name)
    shutil.copy(pair_folder / "queries.jsonl", tmp_path / "own.jsonl")
    (tmp_path / "laws.jsonl").write_text(rows(ARTICLES), encoding="utf-8")
    (tmp_path / "pair.toml").write_text(TABLE, encoding="utf-8")
    return tmp_path


def pair_of(folder: Path, *changes: tuple[str, str]) -> Pair:
    """The folder's pair, with other words in its file."""
    text = TABLE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return parse_pair(text, folder / "pair.toml")


def found(pair: Pair, home: Path, subject: str, *, quick: bool = False) -> list[Finding]:
    """What is found of one subject, without the checks that it does not need."""
    kind = subject.partition(" ")[0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            doctor,
            "CHECKS",
            [
                check
                for check in doctor.CHECKS
                if check[0] in {kind, {"time": "model", "training": "queries"}.get(kind)}
            ],
        )
        return [finding for finding in examine(pair, home, quick=quick) if finding.subject == subject]


def said(findings: Sequence[Finding]) -> str:
    """A line each: state, what was found, the remedy."""
    return "".join(
        f"{finding.state}: {finding.found}{' → ' if finding.remedy else ''}{finding.remedy}\n"
        for finding in findings
    )


def test_all_is_well(folder: Path, home: Path) -> None:
    findings = list(examine(pair_of(folder), home))
    assert [finding.subject for finding in findings] == WHOLE
    text = said(findings)
    for expected in (
        "cpu, computing in float32; ",
        "vectors of 16 dimensions\n",
        'queries bare, documents as "title: {law} {article} | text: {text}"',
        'queries after "问题：", documents',
        "jsonl laws.jsonl: 7 articles\n",
        "in all 7 articles, 4 national and 3 local",
        "own: 4 of 4 queries name an article of this corpus",
        "nothing to encode",
        f"fits the pair: 7 articles, 4 vector columns at {home}/index/pair",
    ):
        assert expected in text
    notes = [finding for finding in findings if finding.state is not State.OK]
    assert [(note.subject, note.found) for note in notes] == [
        ("model tuned", 'the model declares the query prompt none, the pair uses "问题："')
    ]


def test_quick_loads_no_model_and_fetches_nothing(folder: Path, home: Path) -> None:
    (folder / "pair.toml").write_text(
        TABLE + '[[training]]\nkind = "triplets"\npath = "ferry/triplets"\n', encoding="utf-8"
    )
    arguments = ["doctor", "--quick", "--json", "--pair", str(folder / "pair.toml"), "--home", str(home)]
    script = f"""
import sys
from workbench.cli import main
try:
    main({arguments!r})
finally:
    print("torch" in sys.modules, file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stderr.strip() == "False"
    subjects = [finding["subject"] for finding in json.loads(done.stdout)["findings"]]
    assert subjects == [
        "installed",
        "model base",
        "model tuned",
        "corpus",
        "corpus",
        "queries",
        "training",
        "index",
    ]


def test_the_command(folder: Path, home: Path) -> None:
    options = ("doctor", "--pair", str(folder / "pair.toml"), "--home", str(home))
    code, out, _ = run(*options)
    assert code == 0
    assert [line[:4].strip() for line in out.splitlines()] == [
        "note" if line.startswith("note") else "ok" for line in out.splitlines()
    ]
    assert len(out.splitlines()) == len(WHOLE)  # one line a finding where no terminal is
    code, out, _ = run(*options, "--quick", "--json")
    assert (code, json.loads(out)["faults"]) == (0, 0)
    assert json.loads(out)["findings"][1] == {
        "subject": "model base",
        "state": "ok",
        "found": str((folder / "base").resolve()),
        "remedy": "",
    }
    code, out, err = run(*options, "--device", "cuda:7")
    assert (code, err) == (1, "")
    assert (
        'FAIL  device base   device "cuda:7" is not on this machine; wanted: auto or cpu → choose one of these'
        in out
    )
    assert out.splitlines()[-1].startswith("ok    index")


def test_one_fault_does_not_hide_the_others(folder: Path, tmp_path: Path) -> None:
    (folder / "base").unlink()
    (folder / "base").mkdir()
    (folder / "own.jsonl").write_text("{", encoding="utf-8")
    pair = pair_of(folder, (" }]", ' }, { kind = "jsonl", path = "gone.jsonl" }]'))
    findings = list(examine(pair, tmp_path / "home"))
    faults = [(finding.subject, finding.found) for finding in findings if finding.state is State.FAIL]
    assert [subject for subject, _ in faults] == ["model base", "corpus", "queries"]
    assert all(finding.remedy for finding in findings if finding.state is not State.OK)
    assert "gone.jsonl" in faults[1][1]
    assert "own.jsonl:1" in faults[2][1]
    assert "7 articles" in said([finding for finding in findings if finding.subject == "corpus"])
    assert "not counting the model of base" in said(findings)
    assert [finding.subject for finding in findings][-3:] == ["memory", "time tuned", "index"]


def test_without_any_corpus(folder: Path, tmp_path: Path) -> None:
    (folder / "laws.jsonl").unlink()
    findings = list(examine(pair_of(folder), tmp_path / "home"))
    assert [finding.subject for finding in findings if finding.state is State.FAIL] == ["corpus"]
    assert [finding.subject for finding in findings][-3:] == ["corpus", "queries", "index"]
    assert "own: 4 queries\n" in said(findings)
    assert not (tmp_path / "home").exists()  # looking leaves nothing behind


def test_attention_is_seen_in_any_precision(folder: Path, home: Path, tmp_path: Path) -> None:
    save_gemma(tmp_path / "gemma", [article.text for article in ARTICLES], bidirectional=False)
    pair = pair_of(folder, ('"base"', '"gemma"\nbidirectional = false\ndtype = "auto"\nmax_seq_length = 512'))
    assert (
        found(pair, home, "model base")[1].found
        == "vectors of 768 dimensions, texts of up to 512 tokens, causal attention"
    )


@pytest.mark.parametrize("bidirectional", [True, False])
def test_a_transformer(bidirectional: bool, folder: Path, home: Path, tmp_path: Path) -> None:
    save_gemma(tmp_path / "gemma", [article.text for article in ARTICLES], bidirectional=bidirectional)
    findings = list(examine(pair_of(folder, ('"base"', '"gemma"')), home))
    text = said([finding for finding in findings if finding.subject == "model base"])
    if bidirectional:
        assert "vectors of 768 dimensions, texts of up to 2,048 tokens, attention in both directions" in text
        assert (
            f'note: the model declares the query prompt "{QUERY_PROMPT}", the pair uses none → change query_prompt'
            in text
        )
        assert "to encode 7 articles, " in said(
            [finding for finding in findings if finding.subject == "time base"]
        )
    else:
        assert text.startswith("FAIL")
        assert "its attention is causal" in text


def test_one_model_is_in_memory_at_a_time(folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[SentenceTransformerEncoder] = []
    prepare = SentenceTransformerEncoder.prepare

    def noted(encoder: SentenceTransformerEncoder) -> list[str]:
        assert not [other for other in loaded if "_model" in vars(other)]
        loaded.append(encoder)
        return prepare(encoder)

    monkeypatch.setattr(SentenceTransformerEncoder, "prepare", noted)
    list(examine(pair_of(folder), home))
    assert len(loaded) == 2
    assert not [encoder for encoder in loaded if "_model" in vars(encoder)]


def test_a_hub_out_of_reach(folder: Path, home: Path) -> None:
    pair = pair_of(folder, ('"base"', '"ferry/model"'))
    [finding] = found(pair, home, "model base")
    assert (finding.state, finding.found[:34]) == (State.FAIL, "ferry/model is not on this machine")
    assert "hf download ferry/model" in finding.remedy
    assert [
        (finding.state, finding.remedy[:28]) for finding in found(pair, home, "model base", quick=True)
    ] == [(State.NOTE, "run this without --quick to ")]


@pytest.mark.parametrize(
    ("revision", "expected"),
    [
        ("", f'note: ferry/model, what main is at present → pin it with revision = "{COMMIT}"'),
        ("v2", f'note: ferry/model, what v2 is at present → pin it with revision = "{COMMIT}"'),
        (COMMIT, f"ok: ferry/model at commit {COMMIT}"),
    ],
)
def test_a_commit_is_named(
    revision: str, expected: str, folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.core.hub.commit_of", lambda *_, **__: COMMIT)
    assert (
        said(
            found(
                pair_of(folder, ('"base"', f'"ferry/model"\nrevision = "{revision}"')),
                home,
                "model base",
                quick=True,
            )
        )
        == f"{expected}\n"
    )


def test_a_served_model(folder: Path, home: Path) -> None:
    with serving(folder / "base") as server:
        pair = pair_of(folder, ('"base"', f'"ferry"\nurl = "{server.address}"'))
        text = said(list(examine(pair, home)))
        asked = len(server.requests)
        assert (
            found(pair, home, "model base", quick=True)[0].found
            == f"ferry: {server.address} was asked for no vector (--quick)"
        )
        assert len(server.requests) == asked > 0
    assert f"ferry: {server.address} answers\nok: vectors of 16 dimensions\n" in text
    assert "to encode 7 articles" in text
    [finding] = found(pair, home, "model base")
    assert (finding.state, finding.remedy) == (
        State.FAIL,
        "start the server, e.g. `ollama serve`, or mend `url`",
    )


def test_a_served_model_that_tells_what_it_is(folder: Path, home: Path) -> None:
    with serving(folder / "base") as server:
        server.lists["/api/tags"] = {"models": [{"name": "ferry:latest", "digest": "0a1b2c3d4e5f" * 4}]}
        pair = pair_of(folder, ('"base"', f'"ferry"\nurl = "{server.address}"'))
        assert f"ferry: {server.address} answers; its model is recorded as served:ferry@0a1b2c3d4e5f" in [
            finding.found for finding in found(pair, home, "model base")
        ]


def test_systems_that_differ_in_their_query_prompt_only(folder: Path, home: Path) -> None:
    [finding] = found(pair_of(folder, ('"tuned"', '"base"')), home, "model tuned")
    assert finding.found.startswith(
        'shares the document vectors of base; queries after "问题：", documents as'
    )


def test_dims_wider_than_the_vectors(folder: Path, home: Path) -> None:
    faults = [
        finding
        for finding in examine(pair_of(folder, ("[16, 4]", "[32, 4]")), home)
        if finding.state is State.FAIL
    ]
    assert [(fault.subject, fault.remedy) for fault in faults[:2]] == [
        (f"model {name}", "let no dims of the pair exceed 16, or give this system `dims` of its own")
        for name in ("base", "tuned")
    ]
    assert [fault.subject for fault in faults[2:]] == ["index"]


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        ({"torch": "2.1.0+cu118"}, "FAIL: torch 2.1.0+cu118; wanted: torch>=2.8 → pip install 'torch>=2.8'"),
        (
            {"transformers": "4.56.2"},
            "FAIL: transformers 4.56.2; wanted: transformers>=4.57 → pip install 'transformers>=4.57'",
        ),
        ({"scipy": ""}, "FAIL: scipy is missing; wanted: scipy>=1.15 → pip install 'scipy>=1.15'"),
    ],
)
def test_versions(
    versions: dict[str, str], expected: str, folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = installed._version
    assert [finding.state for finding in found(pair_of(folder), home, "installed", quick=True)] == [State.OK]
    monkeypatch.setattr(installed, "_version", lambda name: versions.get(name, really(name)))
    summary, fault = found(pair_of(folder), home, "installed", quick=True)
    assert said([fault]) == f"{expected}\n"
    assert all(version not in summary.found for version in versions.values() if version)


@pytest.mark.parametrize(("model", "wanted"), [("modelscope:ferry/model", True), ("ferry/model", False)])
def test_modelscopes_client_is_demanded_where_a_model_is_there(
    model: str, wanted: bool, folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installed, "requires", lambda _: ['modelscope-hub>=0.5.1; extra == "modelscope"'])
    monkeypatch.setattr(installed, "_version", lambda _: "")
    findings = found(pair_of(folder, ('"base"', f'"{model}"')), home, "installed", quick=True)
    said_of_it = (
        "FAIL: modelscope-hub is missing; wanted: modelscope-hub>=0.5.1 → pip install 'modelscope-hub>=0.5.1'"
    )
    assert (said_of_it in said(findings)) is wanted


def test_queries_and_training(folder: Path, home: Path) -> None:
    with (folder / "own.jsonl").open("a", encoding="utf-8") as file:
        file.write(
            '{"query_id": "q5", "text": "海港几点关门", "relevant": [{"law": "海港法", "article": "1"}]}\n'
        )
    training = '[[training]]\nkind = "queries"\npath = "own.jsonl"\n[[training]]\nkind = "queries"\npath = "gone.jsonl"\n[corpus]'
    pair = pair_of(folder, ("[corpus]", training))
    [queries] = found(pair, home, "queries", quick=True)
    assert (queries.state, queries.found) == (
        State.NOTE,
        "own: 4 of 5 queries name an article of this corpus",
    )
    assert queries.remedy.startswith(
        "mend or leave out 1 citation that name none; the first: q5: 海港法 第一条: no law of that name"
    )
    assert [finding.state for finding in found(pair, home, "training", quick=True)] == [State.OK, State.NOTE]


def test_query_sets_of_one_name_and_what_was_taken_for_granted(folder: Path, home: Path) -> None:
    for name in ("a", "b"):
        (folder / name).mkdir()
        (folder / name / "test.csv").write_bytes("问题;法条\n谁看灯塔;灯塔法1\n".encode("gb18030"))
    pair = pair_of(folder, ('queries = ["own.jsonl"]', 'queries = ["a/test.csv", "b/test.csv"]'))
    said_of_one = "test.csv: read as GB18030 with semicolons; column 问题 as text, 法条 as relevant"
    assert [finding.found for finding in found(pair, home, "queries", quick=True)] == [
        said_of_one,
        "a test: 1 of 1 queries name an article of this corpus",
        said_of_one,
        "b test: 1 of 1 queries name an article of this corpus",
    ]


def test_what_a_source_skips(folder: Path, home: Path) -> None:
    with (folder / "laws.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"law": "渡口法", "article": "第九条", "text": ""}\n')
    source = found(pair_of(folder), home, "corpus", quick=True)[0]
    assert source.state is State.NOTE
    assert "7 articles; skipped: 1 " in source.found
    assert "laws.jsonl:8" in source.remedy


@pytest.mark.parametrize(("free", "state"), [(10**12, State.OK), (100, State.FAIL)])
def test_a_full_disk(
    free: int, state: State, folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    assert {finding.state for finding in found(pair_of(folder), home, "disk")} == {state}


def test_a_temporary_folder_on_another_disk(
    folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "_same_disk", lambda *_: False)
    monkeypatch.setattr(
        shutil,
        "disk_usage",
        lambda place: SimpleNamespace(free=10**12 if Path(place).is_relative_to(home) else 100),
    )
    index, gathering = found(pair_of(folder), home, "disk")
    assert (index.state, gathering.state) == (State.OK, State.FAIL)
    assert "TMPDIR" in gathering.remedy


def test_too_little_memory(folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "machine_memory", lambda: 100_000_000)
    [finding] = found(pair_of(folder), home, "memory")
    assert finding.state is State.FAIL
    assert finding.found.endswith("; 100 MB in this machine")


@pytest.mark.parametrize(("dims", "gemma"), [((16, 4), False), ((768, 128), True)])
def test_the_size_of_an_index(dims: tuple[int, ...], gemma: bool, folder: Path, tmp_path: Path) -> None:
    articles, pair = (
        sorted(many(250 if gemma else 1_500), key=lambda article: article.doc_id),
        pair_of(folder),
    )
    if gemma:
        save_gemma(tmp_path / "gemma", [article.text for article in articles[:50]])
        pair = replace(
            pair,
            systems={
                name: DenseSystem(label=name, model=str(tmp_path / "gemma"), max_seq_length=8 + number)
                for number, name in enumerate(pair.systems)
            },
        )
    pair = replace(pair, dims=dims)
    build(str(tmp_path / "index"), articles, pair, encoders_for(pair, tmp_path))
    really = sum(file.stat().st_size for file in (tmp_path / "index").rglob("*") if file.is_file())
    assert 1 / 1.5 < index_bytes(articles, 2 * sum(dims)) / really < 1.5


class Stopping(SentenceTransformerEncoder):
    """An encoder that fails after its first batch."""

    _encoded = 0

    def encode_documents(
        self, texts: Sequence[str], *, progress: Callable[[int], None] = lambda _: None
    ) -> Vectors:
        self._encoded += 1
        if self._encoded > 1:
            raise EncoderError("Base", "stopped", remedy="go on")
        return super().encode_documents(texts, progress=progress)


def test_what_is_encoded_already_takes_no_time(folder: Path, tmp_path: Path) -> None:
    (folder / "laws.jsonl").write_text(rows(many(300)), encoding="utf-8")
    pair, home = pair_of(folder), tmp_path / "home"
    articles = list(read_corpus(pair.corpus.sources, home).articles)
    assert "to encode 300 articles" in found(pair, home, "time base")[0].found
    with pytest.raises(EncoderError, match="stopped"):
        build(
            pair.index_uri(home),
            articles,
            pair,
            {name: Stopping(system, system.model) for name, system in pair.dense.items()},
        )
    assert (
        "to encode 172 articles" in found(pair, home, "time base")[0].found
    )  # 300 without a first batch of 128
    assert "to encode 300 articles" in found(pair, home, "time tuned")[0].found
    build(pair.index_uri(home), articles, pair, encoders_for(pair, home))
    assert found(pair, home, "time tuned")[0].found == "nothing to encode"
    (folder / "laws.jsonl").write_text(rows([*many(300)[1:], *ARTICLES]), encoding="utf-8")
    assert "to encode 7 articles" in found(pair, home, "time tuned")[0].found
    assert found(pair, home, "index")[1].found == "lacks 7 articles of the corpus and has 1 of another one"


@pytest.mark.parametrize("quickness", [1e-1, 1e-4, 1e-7])
def test_the_time_is_that_of_a_sample(
    quickness: float, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An encoder that takes so many seconds for a character, by a clock that only it moves on."""
    articles, clock, rounds = many(3_000), [0.0], list[int]()
    (folder / "laws.jsonl").write_text(rows(articles), encoding="utf-8")

    def encode(_: object, texts: Sequence[str], **__: object) -> Vectors:
        rounds.append(len(texts))
        clock[0] += quickness * sum(map(len, texts))
        return np.ones((len(texts), WIDTH), np.float32)

    monkeypatch.setattr(SentenceTransformerEncoder, "encode_documents", encode)
    monkeypatch.setattr(model, "perf_counter", lambda: clock[0])
    pair = pair_of(folder)
    characters = sum(
        len(f"title: {article.law} {article.article} | text: {article.text}") for article in articles
    )
    [time] = found(replace(pair, systems={"base": pair.systems["base"]}), tmp_path / "home", "time base")
    assert time.found.startswith(f"about {duration(quickness * characters)} to encode 3,000 articles, ")
    assert rounds == {1e-1: [1, 8], 1e-4: [1, 8, 32, 128, 512], 1e-7: [1, 8, 32, 128, 512, 2048]}[quickness]


def test_an_index_of_another_build(folder: Path, home: Path) -> None:
    other = pair_of(folder, ('model = "tuned"', 'model = "tuned"\ndocument_template = "{text}"'))
    opened, fault = found(other, home, "index")
    assert (opened.state, fault.state) == (State.OK, State.FAIL)
    assert "does not fit the pair: tuned_16 (Tuned) was built with document_template" in fault.found
    assert fault.found.endswith("; and 1 more")
    assert fault.remedy == f"run `workbench index build --pair {other.typed}`"


def test_an_index_of_a_part(folder: Path, tmp_path: Path) -> None:
    options = ("--pair", str(folder / "pair.toml"), "--home", str(tmp_path / "home"))
    assert run("index", "build", "--limit", "3", *options)[0] == 0
    [finding] = found(pair_of(folder), tmp_path / "home", "index", quick=True)
    assert '3 articles, the part {"where": "", "limit": 3}, 4 vector columns' in finding.found


def test_an_index_that_is_not_there(folder: Path, tmp_path: Path) -> None:
    [finding] = found(pair_of(folder), tmp_path, "index", quick=True)
    assert (finding.state, finding.found) == (
        State.NOTE,
        f"not built yet; it will be at {tmp_path}/index/pair",
    )
    (tmp_path / "index" / "pair").mkdir(parents=True)
    [finding] = found(pair_of(folder), tmp_path, "index", quick=True)
    assert (finding.state, finding.found) == (State.NOTE, f"{tmp_path}/index/pair holds no index")


def test_an_index_that_is_damaged(folder: Path, tmp_path: Path) -> None:
    pair, home = pair_of(folder), tmp_path / "home"
    build(
        pair.index_uri(home),
        sorted(ARTICLES, key=lambda article: article.doc_id),
        pair,
        encoders_for(pair, home),
    )
    for file in (home / "index" / "pair" / "articles.lance").rglob("*.manifest"):
        file.write_bytes(b"no manifest")
    assert "to encode 7 articles" in found(pair, home, "time base")[0].found  # a build does so too
    [finding] = found(pair, home, "index")
    assert (finding.state, finding.remedy) == (
        State.FAIL,
        f"run `workbench index build --pair {pair.typed}` again, or restore the folder",
    )
    assert "cannot be read" in finding.found


def test_lines_in_a_terminal(folder: Path) -> None:
    finding = Finding("model base", State.NOTE, "ferry/model " * 5, "pin it " * 8)
    lines = finding.line(12, 60).splitlines()
    assert lines[0] == "note  model base    ferry/model ferry/model ferry/model"
    assert lines[2].startswith(" " * 20 + "→ pin it")
    assert max(map(len, lines)) <= 60
    assert "\n" not in Finding("model base", State.NOTE, "ferry\nmodel", "pin\nit").line(12)
    assert subject_room(pair_of(folder)) == len("device tuned")


def test_a_wider_model_than_needed_is_fine(folder: Path, home: Path, tmp_path: Path) -> None:
    save_model(tmp_path / "wide", 5)
    assert WIDTH > 4
    text = said(found(pair_of(folder, ("[16, 4]", "[4]"), ('"base"', '"wide"')), home, "model base"))
    assert "FAIL" not in text
