from pathlib import Path

import pytest

from tests.conftest import PAIR
from workbench.errors import PairError
from workbench.settings import home_folder, packaged_pairs, parse_pair, read_pair


def test_the_demo_is_packaged_and_names_files_that_exist() -> None:
    pair = read_pair("demo")
    assert packaged_pairs() == ["demo", "lawvault"]
    assert pair.baseline == "base"
    assert pair.stand_in
    assert pair.dims == (768, 512, 256, 128)
    assert all(Path(path).is_file() for path in pair.queries)


def test_paths_are_taken_from_the_pair_files_folder(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    pair = parse_pair(PAIR.replace('model = "tuned"', 'model = "some/hub-id"'), tmp_path / "pair.toml")
    assert pair.systems["base"].model == str(tmp_path / "base")
    assert pair.systems["tuned"].model == "some/hub-id"
    assert pair.queries == (str(tmp_path / "queries.jsonl"),)
    assert pair.index_uri(Path("/home")) == "/home/index/pair"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('label = "Base"', 'lable = "Base"'), r'pair.toml:7: unknown key "systems.base.lable"'),
        (("dims = [16, 4]", 'dims = [16, "four"]'), r"pair.toml:2: \"dims.1\" is 'four'"),
        (("dims = [16, 4]", "dims = [4, 16]"), r"pair.toml:2: dims are \[4, 16\]; list each once, widest first"),
        (("dims = [16, 4]", "dims = [0]"), r"pair.toml:2: .*greater than 0"),
        (("dims = [16, 4]", "dims = []"), r"pair.toml:2"),
        (('name = "Tiny pair"', ""), r'the key "name" is missing'),
        (("[systems.base]", "[systems.Base]"), r'"Base" cannot name a system'),
        (('model = "base"', 'model = "bass"'), r'pair.toml:8: "bass" is no model: .*/bass does not exist; wanted: a folder relative'),
        (('model = "base"', 'model = "models/bass"'), r'pair.toml:8: "models/bass" is no model'),
        (('model = "base"', 'model = "/no/where"'), r'pair.toml:8: "/no/where" is no model'),
        (('model = "base"', 'model = "demo:best"'), r'pair.toml:8: "demo:best" is no model'),
        (("[corpus]", "[corpus"), r"is no valid TOML.*line 4"),
        (('query_prompt = "问题："', 'document_template = "{titel}: {text}"'), r"unknown field \{titel\}"),
        (('query_prompt = "问题："', 'document_template = "{law}"'), r"does not hold \{text\}"),
        (('query_prompt = "问题："', 'dtype = "float16"'), r"pair.toml:12: \"systems.tuned.dtype\" is 'float16'"),
    ],
)
def test_a_wrong_pair_file_is_named_with_its_line(change: tuple[str, str], message: str, tmp_path: Path) -> None:
    for name in ("base", "tuned", "models"):
        (tmp_path / name).mkdir()
    with pytest.raises(PairError, match=message):
        parse_pair(PAIR.replace(*change), tmp_path / "pair.toml")


def test_a_missing_pair_file_names_the_packaged_ones() -> None:
    with pytest.raises(PairError, match=r"nowhere.toml.*one of: demo"):
        read_pair("nowhere.toml")


def test_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WORKBENCH_HOME", raising=False)
    assert home_folder() == tmp_path / ".workbench"
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "there"))
    assert home_folder() == tmp_path / "there"
    assert home_folder(str(tmp_path / "given")) == tmp_path / "given"
