"""Results as DataFrames, the form in which tables, charts and files take them."""

from typing import Any

import pandas as pd

from workbench.evaluation import HEADLINE
from workbench.judging import Judgement
from workbench.measures import best_rank


def per_query(judgement: Judgement, dim: int) -> pd.DataFrame:
    """One row a judged query: text, topic, style, and each system's best rank and outcome, most improved first."""
    systems = list(judgement.evaluations)
    rows = []
    for query in judgement.query_set.judged:
        relevances = judgement.query_set.qrels[query.query_id]
        row: dict[str, Any] = {"query_id": query.query_id, "query": query.text, "topic": query.topic, "style": query.style}
        for name in systems:
            row[f"rank {name}"] = int(best_rank(judgement.rankings[name][dim].ranks[query.query_id], relevances))
            row[f"outcome {name}"] = judgement.outcomes[name][dim][query.query_id].value
        row["gain"] = (
            judgement.evaluations[systems[-1]][dim].values["RR@10"][query.query_id]
            - judgement.evaluations[systems[0]][dim].values["RR@10"][query.query_id]
        )
        rows.append(row)
    return pd.DataFrame(rows).sort_values(["gain", "query_id"], ascending=[False, True], ignore_index=True)


def headline(judgement: Judgement, dim: int) -> pd.DataFrame:
    """One row a headline measure and system: mean, and its difference from the baseline with interval and p."""
    systems = list(judgement.evaluations)
    rows = []
    for measure in HEADLINE:
        for name in systems:
            result = judgement.compare(name, dim, measure)
            low, high = result.interval
            mean = judgement.evaluations[name][dim].means[measure]
            rows.append({"measure": measure, "system": name, "mean": mean, "delta": result.delta, "low": low, "high": high, "p": result.p})
    return pd.DataFrame(rows)


def all_ranks(judgement: Judgement) -> pd.DataFrame:
    """One row a judged query, in the order of the query set: text, relevant articles, and for every system and dimension
    rank, RR@10, outcome and displacement.
    """
    displaced = {(name, dim): judgement.displacement(name, dim) for name in judgement.evaluations for dim in judgement.dims}
    rows = []
    for query in judgement.query_set.judged:
        relevances = judgement.query_set.qrels[query.query_id]
        row: dict[str, Any] = {"query_id": query.query_id, "query": query.text, "topic": query.topic, "style": query.style}
        row["relevant"] = " ".join(relevances)
        for name, dim in displaced:
            row[f"{name}_{dim} rank"] = int(best_rank(judgement.rankings[name][dim].ranks[query.query_id], relevances))
            row[f"{name}_{dim} RR@10"] = judgement.evaluations[name][dim].values["RR@10"][query.query_id]
            row[f"{name}_{dim} outcome"] = judgement.outcomes[name][dim][query.query_id].value
            row[f"{name}_{dim} displacement"] = displaced[name, dim][query.query_id]
        rows.append(row)
    return pd.DataFrame(rows)


def csv_text(frame: pd.DataFrame) -> str:
    """`frame` as CSV; a text that a spreadsheet would take for a formula gets an apostrophe in front."""
    texts = frame.select_dtypes(exclude="number").columns
    return frame.assign(**{name: frame[name].astype(str).str.replace(r"^(?=[=+\-@\t\r])", "'", regex=True) for name in texts}).to_csv(index=False)
