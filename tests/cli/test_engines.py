"""Options of the engines: what goes together, and the one message where Ray is missing or does not answer."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.conftest import ROOT
from workbench.cli import main

COMMANDS = (("index", "build"), ("evaluate", "--queries", "samples:test.jsonl"))

# The command where Ray cannot be imported.
WITHOUT_RAY = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "ray":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Missing())
from workbench.cli import main
main(sys.argv[1:])
"""


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--workers", "2"], "--workers is for --engine ray"),
        (["--ray-address", "auto", "--engine", "local"], "--ray-address is for --engine ray"),
        (["--engine", "ray", "--workers", "0"], "0 is not in the range x>=1"),
        (["--engine", "dask"], "'dask' is not one of 'local', 'ray'"),
    ],
)
def test_options_that_do_not_go_together_are_wrong_usage(
    command: tuple[str, ...], options: list[str], said: str
) -> None:
    ended = CliRunner().invoke(main, [*command, *options])
    assert ended.exit_code == 2
    assert said in ended.stderr


def test_a_share_of_two_graphics_cards_is_one_message() -> None:
    ended = CliRunner().invoke(main, ["index", "build", "--engine", "ray", "--gpus-per-worker", "1.5"])
    assert ended.exit_code == 1
    assert ended.stderr == (
        "error: GPUs a worker: is 1.5; wanted: a share up to 1, or a whole number; correct --gpus-per-worker\n"
    )


def run(pair_folder: Path, home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    options = ["--pair", str(pair_folder / "pair.toml"), "--home", str(home), "--engine", "ray"]
    return subprocess.run(
        [sys.executable, "-c", WITHOUT_RAY, *arguments, *options],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=100,
    )


def test_where_ray_is_missing_one_message_says_how_to_get_it(pair_folder: Path, home: Path) -> None:
    queries = str(pair_folder / "queries.jsonl")
    for command in (("index", "build"), ("evaluate", "--queries", queries)):
        ended = run(pair_folder, home, *command)
        said = "error: Ray: is not installed on this machine; pip install 'lawvault-workbench[ray]'"
        assert (ended.returncode, ended.stderr.splitlines()[-1]) == (1, said)
        assert "Traceback" not in ended.stderr


def test_a_cluster_that_does_not_answer_is_said_before_the_corpus_is_read(
    pair_folder: Path, tmp_path: Path
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
        options = ["--pair", str(pair_folder / "pair.toml"), "--home", str(tmp_path)]
        ended = CliRunner().invoke(
            main, ["index", "build", "--engine", "ray", "--ray-address", address, *options]
        )
    assert ended.exit_code == 1
    assert ended.stderr.startswith(f"error: Ray at {address}: does not answer (")
    assert len(ended.stderr.splitlines()) == 1
