"""The wheel, built and installed into a fresh environment that sees the libraries of this one, used from another folder."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.conftest import ROOT


def run(*command: str | Path, cwd: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ended = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of an environment with the wheel; nothing is fetched."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    run(*pip, "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, ROOT, cwd=folder)
    venv.create(folder / "env", with_pip=False, symlinks=True)
    (packages,) = (folder / "env").glob("lib/python*/site-packages")
    python = folder / "env" / "bin" / "python"
    (wheel,) = folder.glob("*.whl")
    run(*pip, "--python", python, "install", "-q", "--no-deps", "--no-index", wheel, cwd=folder)
    # After the wheel, so that pip does not take this environment's own installation for the one to replace.
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return python.parent


def test_the_command_and_its_files_come_from_the_wheel(scripts: Path, tmp_path: Path) -> None:
    assert "evaluate" in run(scripts / "workbench", "--help", cwd=tmp_path)
    listing = (
        "import json, workbench; from workbench._pairs import read_pair; pair = read_pair('demo');"
        "print(json.dumps([workbench.__file__, [str(path) for path in pair.queries]]))"
    )
    module, queries = json.loads(run(scripts / "python", "-c", listing, cwd=tmp_path))
    installed = Path(module).parent
    assert scripts.parent in installed.parents
    assert queries
    for path in queries:
        assert installed in Path(path).parents
        assert Path(path).is_file()


def test_an_index_is_evaluated_from_another_folder(
    scripts: Path, pair_folder: Path, home: Path, tmp_path: Path
) -> None:
    pair = pair_folder / "pair.toml"
    queries = pair_folder / "queries.jsonl"
    ran = run(
        scripts / "workbench", "evaluate", "--pair", pair, "--home", home, "--queries", queries, cwd=tmp_path
    )
    queries = json.loads(ran)["queries"]
    assert (queries["judged"], queries["unresolved citations"]) == (4, 0)
