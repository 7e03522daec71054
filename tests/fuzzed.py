"""Files as people have them, damaged at random: what reads them refuses them in the project's own words, or reads them."""

import gzip
import io
import json
from pathlib import Path
from random import Random
from zipfile import ZipFile

import openpyxl

Files = dict[str, bytes]

TEXTS = ("渡船最多坐几个人", "夜里摆渡要点几盏灯")
CITED = ("渡口法第二条", "渡口法第三条")
HEADED = f"编号,问题,法条\r\n1,{TEXTS[0]},{CITED[0]}\r\n2,{TEXTS[1]},{CITED[1]}\r\n"
QUEPID = f"query,docid,rating\n{TEXTS[0]},渡口法#第二条,3\n{TEXTS[0]},渡口法#第三条,0\n{TEXTS[1]},渡口法#第三条,2.0\n"
LINES = "".join(
    json.dumps({"query_id": number, "text": text, "relevant": cited}, ensure_ascii=False) + "\n"
    for number, (text, cited) in enumerate(zip(TEXTS, CITED, strict=True), 1)
)
ARRAY = json.dumps(list(map(json.loads, LINES.splitlines())), indent=1)
RATED = json.dumps(
    {
        "name": "ours",
        "judgmentRatings": [{"query": TEXTS[0], "ratings": [{"docId": "d1", "rating": "3.000"}]}],
    }
)
STARD = json.dumps([{"query_id": 3, "问题": TEXTS[0], "match_name": [CITED[0]], "相关法规": {CITED[1]: "…"}}])
TRIPLETS = json.dumps({"anchor": TEXTS[0], "positive": "title: 渡口法 第二条 | text: 甲", "negative": "乙"})
BEIR = f'{{"_id": "q1", "text": "{TEXTS[0]}"}}\n{{"_id": "q2", "text": "{TEXTS[1]}"}}\n'
BEIR_QRELS = "query-id\tcorpus-id\tscore\nq1\td1\t1\nq2\td2\t2.0\n"
MTEB_QRELS = (
    '{"query-id": "q1", "corpus-id": "d1", "score": 1}\n{"query-id": "q2", "corpus-id": "d2", "score": 1.0}\n'
)
TSV_TOPICS = f"qid\tquery\tnarrative\nq1\t{TEXTS[0]}\t坐船\nq2\t{TEXTS[1]}\t灯\n"
QRELS = "q1 0 d1 1\nq2 0 d2 2\n"
XML = f'<?xml version="1.0"?>\n<topics>\n<topic number="q1"><query>{TEXTS[0]}</query></topic>\n<topic number="q2"><title>{TEXTS[1]}</title></topic></topics>'
SGML = f"<top>\n<num> Number: q1\n<title> {TEXTS[0]}\n</top>\n<top><num>q2<title>{TEXTS[1]}</top>"
LAWS = "law,article,text,published\n渡口法,1.0,甲,2018-10-26\n渡口法,第二条,乙,2018-10-26\n渡口法,1,丙,2023-12-29\n"
DOCUMENTS = (
    '{"_id": 1.0, "title": "渡口", "text": ""}\n{"_id": "d2", "title": "渡口法 第二条", "text": "甲"}\n'
)


def workbook(text: str) -> bytes:
    """A table with commas as an Excel workbook."""
    book = openpyxl.Workbook()
    for line in text.splitlines():
        book.active.append(line.split(","))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


# What is read -> the files of it; the last is damaged.
QUERY_SETS: dict[str, Files] = {
    "a.csv": {"a.csv": HEADED.encode()},
    "a.CSV": {"a.CSV": HEADED.replace(",", ";").encode("gb18030")},
    "b.csv": {"b.csv": ("sep=;\r\n" + HEADED.replace(",", ";")).encode("utf-8-sig")},
    "a.tsv": {"a.tsv": HEADED.replace(",", "\t").encode("utf-16")},
    "c.csv": {"c.csv": QUEPID.encode()},
    "a.xlsx": {"a.xlsx": workbook(HEADED)},
    "a.csv.gz": {"a.csv.gz": gzip.compress(HEADED.encode(), mtime=0)},
    "a.jsonl": {"a.jsonl": LINES.encode()},
    "a.json": {"a.json": ARRAY.encode()},
    "rated.json": {"rated.json": RATED.encode()},
    "stard.json": {"stard.json": STARD.encode()},
    "triplets.jsonl": {"triplets.jsonl": TRIPLETS.encode()},
    "beir": {"queries.jsonl": BEIR.encode(), "qrels/test.tsv": BEIR_QRELS.encode()},
    "queries": {
        "qrels/test.tsv.gz": gzip.compress(BEIR_QRELS.encode(), mtime=0),
        "queries.jsonl": BEIR.encode(),
    },
    "mteb": {"queries.jsonl.gz": gzip.compress(BEIR.encode(), mtime=0), "qrels.jsonl": MTEB_QRELS.encode()},
    "topics": {"qrels.txt": QRELS.encode(), "topics.tsv": TSV_TOPICS.encode()},
    "qrels": {"topics.tsv": TSV_TOPICS.encode(), "qrels.txt": QRELS.encode()},
    "xml": {"qrels.txt": QRELS.encode(), "topics.xml": XML.encode()},
    "sgml": {"qrels.txt": QRELS.encode(), "topics.txt": SGML.encode()},
}
# Kind of a source -> the name of its file, and what is in it.
SOURCES: list[tuple[str, str, bytes]] = [
    ("csv", "a.csv", LAWS.encode()),
    ("csv", "b.csv", ("sep=;\n" + LAWS.replace(",", ";")).encode("gb18030")),
    ("csv", "c.csv", workbook(LAWS)),
    ("tsv", "a.tsv", LAWS.replace(",", "\t").encode("utf-16")),
    ("xlsx", "a.xlsx", workbook(LAWS)),
    (
        "jsonl",
        "a.jsonl",
        b'{"law": "x", "article": 1.0, "text": "y"}\n{"law": "x", "article": 2, "text": "z"}',
    ),
    ("jsonl", "b.jsonl", '[{"law": "渡口法", "article": "1", "text": "甲"}]'.encode("utf-16")),
    ("beir", "corpus.jsonl", DOCUMENTS.encode()),
]


def damaged(content: bytes, random: Random) -> bytes:
    """`content` with one to four slices taken out, doubled, overwritten or put in; of what is packed half the time inside."""
    if content.startswith(b"PK") and random.random() < 0.5:
        return _damaged_inside(content, random)
    if content.startswith(b"\x1f\x8b") and random.random() < 0.5:
        return gzip.compress(damaged(gzip.decompress(content), random))
    for _ in range(random.choice((1, 1, 2, 4))):
        begin = random.randrange(len(content) + 1)
        end = min(len(content), begin + random.choice((0, 1, 2, 5, 40)))
        middle = random.choice(
            (
                b"",
                content[begin:end] * 2,
                random.randbytes(random.randint(1, 3)),
                random.choice((b'"', b"\n", b"\0", b",", b";", b"\t", b"{", b"[", b"<", b"\xff\xfe", b"1e999", b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"&b;", b"\xef\xbb\xbf", b"null", b"-1")),
            )
        )  # fmt: skip
        content = content[:begin] + middle + content[end:]
    return content


def _damaged_inside(content: bytes, random: Random) -> bytes:
    """An archive with one of its parts damaged."""
    with ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = random.choice(sorted(parts))
    file = io.BytesIO()
    with ZipFile(file, "w") as archive:
        for part, text in parts.items():
            archive.writestr(part, damaged(text, random) if part == name else text)
    return file.getvalue()


def write(folder: Path, files: Files) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
