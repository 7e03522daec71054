"""A query set that measures a model while it is trained: its questions, and the articles to choose from."""

from collections.abc import Mapping
from dataclasses import dataclass

from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.evaluation import InformationRetrievalEvaluator

MEASURE = "MRR@10"


@dataclass(frozen=True)
class DevSet:
    """`queries`: query_id -> text with its prompt; `documents`: doc_id -> text; `relevant`: query_id -> doc_ids."""

    queries: Mapping[str, str]
    documents: Mapping[str, str]
    relevant: Mapping[str, set[str]]

    def measure(self, model: SentenceTransformer) -> float:
        """MRR@10 at full width over the documents of this set."""
        evaluator = InformationRetrievalEvaluator(
            dict(self.queries),
            dict(self.documents),
            dict(self.relevant),
            query_prompt="",  # the texts have theirs; the model's own would come on top
            corpus_prompt="",
            mrr_at_k=[10],
            ndcg_at_k=[10],
            accuracy_at_k=[10],
            precision_recall_at_k=[10],
            map_at_k=[10],
            name="dev",
            write_csv=False,
            show_progress_bar=False,
        )
        measures = evaluator(model)
        return float(measures["dev_cosine_mrr@10"])
