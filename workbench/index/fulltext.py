"""Full-text indexes on the text columns of `articles`: what describes them, and how they are made.

LanceDB scores by BM25 with k1 = 1.2 and b = 0.75, and counts a word of the question once, however often it stands there.
"""

import json
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from lancedb.index import FTS

from workbench.core.dimensions import ALL
from workbench.core.settings import LexicalSystem
from workbench.encoders import EncoderDescription
from workbench.index.columns import column_name

_PARAMETERS = "k1 = 1.2, b = 0.75"


def describe(system: LexicalSystem) -> EncoderDescription:
    """What makes a full-text column, in the words that stand in the table `builds`."""
    lengths = f" {system.ngram[0]} to {system.ngram[1]}" if system.tokenizer == "ngram" else ""
    return EncoderDescription(
        model="BM25",
        weights=_PARAMETERS,
        query_prompt="",
        document_template=system.document_template,
        dtype="",
        max_seq_length="",
        versions=json.dumps({"lancedb": version("lancedb")}),
        tokenizer=f"{system.tokenizer}{lengths}",
    )


def index_name(column: str) -> str:
    """What the full-text index of a column is called."""
    return f"{column}_fts"


def build_full_text(table: Any, systems: Mapping[str, LexicalSystem]) -> None:
    """Puts a full-text index on the text column of each of these systems."""
    for name, system in systems.items():
        column = column_name(name, ALL)
        shortest, longest = system.ngram
        config = FTS(
            base_tokenizer=system.tokenizer,
            ngram_min_length=shortest,
            ngram_max_length=longest,
            stem=False,
            remove_stop_words=False,
        )
        table.create_index(column, config=config, name=index_name(column), replace=True)


def has_full_text(table: Any, column: str) -> bool:
    """Whether a column has its full-text index, over all rows."""
    if index_name(column) not in {index.name for index in table.list_indices()}:
        return False
    return bool(table.index_stats(index_name(column)).num_unindexed_rows == 0)
