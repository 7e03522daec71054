"""Where the page answers, and with which settings."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from click.testing import CliRunner
from streamlit import config

from tests.conftest import ROOT
from workbench._pairs import read_pair
from workbench.cli import main
from workbench.page import server
from workbench.page.app import arguments
from workbench.page.server import ADDRESS, check_port, settings


@pytest.fixture
def taken() -> Iterator[int]:
    """A port at which somebody answers."""
    with socket.create_server((ADDRESS, 0)) as somebody:
        yield int(somebody.getsockname()[1])


def test_the_page_has_the_settings_of_the_repository() -> None:
    packaged = files("workbench.page").joinpath("streamlit.toml").read_text(encoding="utf-8")
    own = (ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8")
    assert own == packaged, "cp workbench/page/streamlit.toml .streamlit/config.toml"


def test_every_setting_is_one_of_streamlit() -> None:
    assert set(settings()) <= set(config._config_options_template)
    assert settings()["server.address"] == ADDRESS
    assert settings()["theme.dark.primaryColor"].startswith("#")
    assert settings()["server.headless"] == "true"


def test_a_port_in_use_ends_with_one_sentence(pair_folder: Path, home: Path, taken: int) -> None:
    options = ["--pair", str(pair_folder / "pair.toml"), "--home", str(home)]
    for command in (["serve", *options], ["demo", "--home", str(home)]):
        result = CliRunner().invoke(main, [*command, "--port", str(taken)])
        assert result.exit_code == 1
        assert result.output.count("\n") == 1
        assert f"Port {taken}: something answers there already; name another one" in result.output


@pytest.mark.parametrize("port", ["0", "65536", "-1", "moon"])
@pytest.mark.parametrize("by_option", [True, False])
def test_what_is_no_port_is_wrong_usage(port: str, by_option: bool) -> None:
    options = ["--port", port] if by_option else []
    result = CliRunner().invoke(main, ["demo", *options], env={} if by_option else {"PORT": port})
    assert result.exit_code == 2
    assert port in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize("port", ["", " ", "8501", " 8501 "])
def test_an_empty_port_is_the_usual_one(port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", port)
    for given in ([], ["--port", port]):
        assert main.commands["serve"].make_context("serve", given).params["port"] == 8501


@pytest.mark.parametrize(("given", "port"), [("PORT=", ""), ("PORT=moon", "moon"), ("PORT=9000", "9000")])
def test_make_leaves_the_port_to_the_command(given: str, port: str) -> None:
    """Else an empty PORT makes an option without a value of it."""
    alone = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    shown = subprocess.run(
        ["make", "-n", "demo", given], cwd=ROOT, check=True, capture_output=True, text=True, env=alone
    ).stdout
    assert shown.splitlines()[-1] == ".venv/bin/workbench demo"
    exported = subprocess.run(
        ["make", "-f", "-", given], cwd=ROOT, check=True, capture_output=True, text=True, env=alone,
        input="include Makefile\n.DEFAULT_GOAL := shown\nshown:\n\t@echo [$$PORT]\n",
    ).stdout  # fmt: skip
    assert exported.strip() == f"[{port}]"


def test_a_free_port_is_none_to_complain_of() -> None:
    with socket.create_server((ADDRESS, 0)) as somebody:
        port = int(somebody.getsockname()[1])
    check_port(port)


@pytest.mark.parametrize("name", ["demo", "pair.toml"])
def test_the_page_opens_what_the_server_has_opened(
    name: str, pair_folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else each is opened, measured and held in memory twice."""
    monkeypatch.chdir(pair_folder)
    monkeypatch.setattr(sys, "argv", [])
    monkeypatch.setattr(server, "warm_up", lambda _pair, _home, ready: ready.set())
    monkeypatch.setattr("streamlit.web.cli.main", lambda: None)
    pair = read_pair(name)
    server.serve(pair, home, 8501)
    given = arguments(sys.argv[sys.argv.index("--") + 1 :])
    assert repr(read_pair(given.pair, given.variant)) == repr(pair)
    assert given.home == str(home)
