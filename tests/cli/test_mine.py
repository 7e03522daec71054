"""`workbench mine`: the file it writes, what it says, and what it does not take."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.conftest import ARTICLES, CODE, LAW, QUERIES
from workbench import Pair
from workbench.cli import main
from workbench.core.documents import format_document
from workbench.query_sets.reviews import Reviews, Verdict
from workbench.training.triplets import Reading

BY_ID = {article.doc_id: article for article in ARTICLES}
KEYS = [
    "query",
    "positive",
    "negative",
    "query_id",
    "positive_id",
    "positive_rank",
    "positive_score",
    "negative_ids",
    "negative_ranks",
    "negative_scores",
]


class Mine:
    """The command on the tiny pair, in a home folder and with a file of its own."""

    def __init__(self, pair_folder: Path, home: Path, out: Path) -> None:
        self._pair_folder = pair_folder
        self.home = home
        self.out = out

    def run(self, *more: str, queries: Path | None = None, again: bool = False) -> tuple[int, str, str]:
        """Exit status, stdout and stderr; `again`: onto a file that is there."""
        if self.out.is_file() and not again:
            self.out.unlink()
        arguments = {
            "--pair": self._pair_folder / "pair.toml",
            "--home": self.home,
            "--queries": queries or self._pair_folder / "queries.jsonl",
            "--out": self.out,
        }
        given = [str(each) for option in arguments.items() for each in option]
        result = CliRunner().invoke(main, ["mine", *given, *more])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result.exit_code, result.stdout, result.stderr

    def lines(self, *more: str, queries: Path | None = None) -> list[dict[str, Any]]:
        """What stands in the file afterwards."""
        code, out, err = self.run(*more, queries=queries)
        assert (code, out) == (0, ""), err
        return [json.loads(line) for line in self.out.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def command(pair_folder: Path, home: Path, tmp_path: Path) -> Mine:
    own_home = Path(shutil.copytree(home, tmp_path / "home"))
    return Mine(pair_folder, own_home, tmp_path / "new" / "triplets.jsonl")


def test_a_line_for_each_query(command: Mine, pair: Pair) -> None:
    code, out, err = command.run("--negatives", "2")
    assert (code, out) == (0, "")
    assert err.splitlines()[-1] == f"{command.out}: 4 lines of 4 queries, 8 negatives"
    assert "queries.jsonl measures this pair, so `workbench train` refuses its questions" in err
    before = command.out.read_bytes()
    code, _, err = command.run(again=True)
    assert (code, command.out.read_bytes()) == (1, before)
    assert err == f"error: {command.out}: exists already; give another --out, or move it away\n"
    lines = command.lines("--negatives", "2")
    assert [line["query_id"] for line in lines] == ["q1", "q2", "q3", "q4"]
    template = pair.dense["base"].document_template
    for line in lines:
        assert list(line) == KEYS
        assert line["positive"] == format_document(BY_ID[line["positive_id"]], template)
        negatives = [BY_ID[doc_id] for doc_id in line["negative_ids"]]
        assert line["negative"] == [format_document(article, template) for article in negatives]
        assert len(negatives) == len(line["negative_ranks"]) == len(line["negative_scores"]) == 2
        assert line["negative_ranks"] == sorted(line["negative_ranks"])
        assert line["negative_scores"] == sorted(line["negative_scores"], reverse=True)
        assert {article.scope for article in negatives} - {BY_ID[line["positive_id"]].scope}  # one across


def test_what_it_writes_is_what_training_reads(command: Mine, pair: Pair) -> None:
    lines = command.lines()
    data = Reading(ARTICLES, pair.dense["base"].document_template).read([str(command.out)])
    assert data.positives == {line["query"]: [line["positive_id"]] for line in lines}
    assert [triplet.negatives for triplet in data.triplets] == [tuple(line["negative"]) for line in lines]


def test_options_are_rules(command: Mine) -> None:
    every = command.lines("--across", "0", "--copy-share", "1", "--alike-share", "2", "--negatives", "9")
    assert [line["negative_ranks"] for line in every] == [
        [rank for rank in range(1, 8) if rank != line["positive_rank"]] for line in every
    ]
    near = command.lines("--across", "0", "--depth", "1", "--skip", "1")
    assert {rank for line in near for rank in line["negative_ranks"]} == {2}
    low = command.lines("--max-score", "0.05", "--min-score", "-0.1")
    scores = [score for line in low for score in line["negative_scores"]]
    assert scores
    assert -0.1 <= min(scores) <= max(scores) <= 0.05
    for line in command.lines("--absolute-margin", "0.1"):
        assert max(line["negative_scores"]) <= line["positive_score"] - 0.1
    tuned = command.lines("--system", "tuned")
    assert [line["positive_score"] for line in tuned] != [line["positive_score"] for line in every]


def test_only_some_queries(command: Mine) -> None:
    everything = {line["query_id"]: line["positive_rank"] for line in command.lines()}
    tuned = {line["query_id"]: line["positive_rank"] for line in command.lines("--system", "tuned")}
    worse = [query_id for query_id, rank in tuned.items() if rank > everything[query_id]]
    lines = command.lines("--system", "tuned", "--only", "regressed")
    assert [line["query_id"] for line in lines] == worse
    code, _, err = command.run("--only", "missed")
    assert code == 1
    assert (
        err == 'error: query set "queries": has no missed query in base at 16 dimensions; '
        "mine all of them, without `only`\n"
    )


def test_queries_without_negatives_are_named(command: Mine) -> None:
    code, _, err = command.run("--max-score", "-0.9")
    assert code == 1
    assert err.startswith('error: query set "queries": leaves no negative for any of its 4 queries')
    assert not command.out.exists()


@pytest.mark.parametrize("out", ["folder", "file/triplets.jsonl"])
def test_what_cannot_be_written_is_told_before_anything_is_mined(
    command: Mine, tmp_path: Path, out: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    command.out = tmp_path / out
    code, _, err = command.run(queries=tmp_path / "none.jsonl")
    assert (code, err.count("\n")) == (1, 1)
    assert "give another --out" in err


def test_queries_that_name_no_article_are_counted(command: Mine, tmp_path: Path) -> None:
    unknown = '{"query_id": "q5", "text": "风车归谁", "relevant": [{"law": "风车法", "article": "1"}]}\n'
    (tmp_path / "more.jsonl").write_text(QUERIES + unknown, encoding="utf-8")
    code, _, err = command.run(queries=tmp_path / "more.jsonl")
    assert code == 0
    assert err.splitlines()[0] == "1 queries name no article of this corpus and are left out"
    assert ": 4 lines of 4 queries, " in err
    (tmp_path / "none.jsonl").write_text(unknown, encoding="utf-8")
    code, out, err = command.run(queries=tmp_path / "none.jsonl")
    assert (code, out) == (1, "")
    assert err.startswith('error: query set "none": has no judged query')


def test_what_people_said_joins_in(command: Mine) -> None:
    tower, lamps, boats = f"{CODE}#第一条", f"{LAW}#第三条", f"{LAW}#第二条"
    reviews = Reviews(command.home / "reviews.sqlite")
    for query, doc_id, verdict in (
        ("谁看灯塔", boats, Verdict.NOT_RELEVANT),
        ("渡船最多坐几个人", boats, Verdict.NOT_RELEVANT),
        ("晚上渡河要灯吗", lamps, Verdict.RELEVANT),
    ):
        reviews.save(query, doc_id, "Wang", verdict, "", pair="tiny", dim=16)
    lines = {line["query"]: line for line in command.lines("--reviews", "--negatives", "1")}
    assert list(lines) == ["夜里摆渡要点几盏灯", "谁看灯塔", "乙市渡口几点关门", "晚上渡河要灯吗"]
    assert (lines["谁看灯塔"]["positive_id"], lines["谁看灯塔"]["negative_ids"]) == (tower, [boats])
    assert lines["晚上渡河要灯吗"]["positive_id"] == lamps
    _, _, err = command.run("--reviews")
    assert (
        err.splitlines()[0] == f"“渡船最多坐几个人”: {boats} is disputed, so it is neither relevant nor wrong"
    )
    assert [line["query_id"] for line in command.lines()] == ["q1", "q2", "q3", "q4"]


def test_an_unknown_system(command: Mine, pair_folder: Path) -> None:
    code, out, err = command.run("--system", "third")
    assert (code, out) == (1, "")
    assert err == f'error: {pair_folder / "pair.toml"}: has no system "third"; choose one of: base, tuned\n'
    assert not command.out.exists()


@pytest.mark.parametrize(
    ("option", "value", "wanted"),
    [
        ("--negatives", "0", "greater than 0"),
        ("--depth", "-1", "greater than 0"),
        ("--depth", "many", "not a valid integer"),
        ("--skip", "-1", "greater than or equal to 0"),
        ("--copy-share", "1.5", "less than or equal to 1"),
        ("--across-copy-share", "-1", "greater than or equal to 0"),
        ("--max-score", "high", "not a valid float"),
        ("--only", "won", "'regressed', 'displaced', 'missed'"),
        ("--margin", "0.1", "No such option"),
    ],
)
def test_wrong_options_are_wrong_usage(command: Mine, option: str, value: str, wanted: str) -> None:
    code, out, err = command.run(option, value)
    assert (code, out) == (2, "")
    assert wanted in err
    assert option in err
    assert not command.out.exists()


def test_a_file_to_write_has_to_be_named(pair_folder: Path) -> None:
    result = CliRunner().invoke(main, ["mine", "--queries", str(pair_folder / "queries.jsonl")])
    assert result.exit_code == 2
    assert "Missing option '--out'" in result.stderr
