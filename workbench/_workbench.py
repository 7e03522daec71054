"""The public face: one object holds a pair, its index, encoders and caches, and asks, evaluates, measures and builds."""

import json
import os
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench._pairs import read_pair
from workbench.core.domain import Query
from workbench.core.engines import RayCluster
from workbench.core.errors import IndexFault, OtherQueries, PairError, QueryError
from workbench.core.reporting import Reporter, Silent
from workbench.core.selection import select, with_baseline
from workbench.core.settings import DEMO_MODELS, Pair, home_folder
from workbench.core.vectors import Vectors
from workbench.corpora.citations import Resolver
from workbench.corpora.report import SourceReport
from workbench.corpora.subset import Subset
from workbench.encoders import Encoder, QueryVectors, encoders_for
from workbench.encoders.guards import SIMILARITY, similarity_note
from workbench.evaluation.measures import parse_measures
from workbench.evaluation.scores import FURTHER
from workbench.query_sets.contamination import TrainingQuery
from workbench.query_sets.formats import read_queries, set_names, set_of
from workbench.query_sets.query_set import QuerySet, resolve_qrels
from workbench.training.mining_rules import MiningRules

# What takes long to import waits until it is needed: a start that has nothing to build, or a question that is
# encoded already, must not wait for it.
if TYPE_CHECKING:
    from workbench.evaluation.asking import Answer
    from workbench.evaluation.cached_rankings import CachedRankings
    from workbench.evaluation.experiment import Experiment
    from workbench.evaluation.rankers import Ranker
    from workbench.evaluation.tables import DataFrame
    from workbench.evaluation.wrong_results import Mining
    from workbench.index import BuildReport, Filter, Index
    from workbench.index.building import Engine
    from workbench.query_sets.contamination import Contamination
    from workbench.training.dev import DevSet
    from workbench.training.recipes import Recipe

WHOLE_CORPUS = Subset()
MINING = MiningRules()
_TOLD = 10  # faults that a message names
DEPTH = 10  # hits of a system that are asked for where nobody says how many


class Workbench:
    """A pair at work: its systems, their one index, and what is known of earlier questions.

    Safe to share between threads once `index` has been opened. `pair`, `home`: as given to `open`; `cache_bytes`: of
    vector columns that stay in memory; `reporter`: takes what long work says.
    """

    def __init__(
        self, pair: Pair, home: Path, *, cache_bytes: int = 0, reporter: Reporter | None = None
    ) -> None:
        self.pair = pair
        self.home = home
        self._cache_bytes = cache_bytes
        self._report = reporter or Silent()
        self._training: tuple[int, list[TrainingQuery]] | None = None

    @classmethod
    def open(
        cls,
        pair: str | Path | Pair = "demo",
        *,
        home: str | Path | None = None,
        variant: str = "",
        systems: str | Iterable[str] | None = None,
        dims: str | Iterable[int] | None = None,
        baseline: str | None = None,
        device: str | None = None,
        cache_bytes: int = 0,
        reporter: Reporter | None = None,
    ) -> "Workbench":
        """A packaged pair by its name, a pair file, or a pair that was read already.

        `home`: where models and index live, by default $WORKBENCH_HOME, else `.workbench` in the current folder.
        `variant`: other prompts that the pair names, or `all`. `systems`, `dims`: some of them only, as a list or with
        commas between them; `baseline`: the one of these that the others are held against. Nothing heavy is loaded
        before it is needed; a PairError says what is wrong with the pair or the choice.
        """
        read = pair if isinstance(pair, Pair) else read_pair(str(pair), variant)
        chosen = select(read, systems=_with_commas(systems), dims=_with_commas(dims), device=device)
        chosen = with_baseline(chosen, baseline)
        folder = home_folder(str(home) if home else None)
        return cls(chosen, folder, cache_bytes=cache_bytes, reporter=reporter)

    # What it holds

    @property
    def index_uri(self) -> str:
        """Where the index lies, or will: a folder or another LanceDB location."""
        return self.pair.index_uri(self.home)

    @cached_property
    def encoders(self) -> dict[str, Encoder]:
        """System -> its encoder; nothing is loaded before its first text."""
        return encoders_for(self.pair, self.home)

    @cached_property
    def query_vectors(self) -> QueryVectors:
        """The vectors of known queries, in the home folder."""
        return QueryVectors(self.home / "query_vectors.sqlite")

    @cached_property
    def rankers(self) -> "dict[str, Ranker]":
        """System -> what ranks by it, of whatever kind."""
        from workbench.evaluation.rankers import rankers_for

        return rankers_for(self.pair, self.index, self.encoders, self.query_vectors, lambda: self.resolver)

    @cached_property
    def index(self) -> "Index":
        """The index, opened and held against the pair; an IndexFault says how they differ and what to run.

        Vectors of known queries that came along with it are taken to those of this machine.
        """
        from workbench.index import Index, adopt_query_vectors

        index = Index(
            self.index_uri,
            cache_bytes=self._cache_bytes,
            pair=self.pair.typed,
            exact_up_to=self.pair.index.exact_up_to,
        ).check_fits(self.pair, self.encoders)
        for name, encoder in self.encoders.items():
            column = index.column_of(name, self.pair.dims_of(name)[0])
            encoder.pin_revision(index.builds[column]["weights"])
            if self.pair.dense[name].url:
                encoder.expect(*self._sample(index, name, column))
        for note in index.without_address(self.pair, self.encoders):
            self._report.say(note)
        adopt_query_vectors(index.uri, self.encoders, self.query_vectors)
        return index

    @property
    def notes(self) -> list[str]:
        """What a reader of any figure of this pair should know: articles left out, similarities that are not measured."""
        return [*self.index.left_out, *(self.similarity_note(name) for name in self.other_similarities)]

    @cached_property
    def other_similarities(self) -> dict[str, str]:
        """System -> the similarity that its model declares, where that ranks otherwise than cosine, which is measured."""
        found = {name: self._similarity(name) for name in self.pair.dense}
        return {name: declared for name, declared in found.items() if declared}

    def _similarity(self, system: str) -> str:
        """As its files here tell, or as they told where the index was built."""
        column = self.index.column_of(system, self.pair.dims_of(system)[0])
        records = [self.encoders[system].description.versions, self.index.builds[column]["versions"]]
        told = [json.loads(record or "{}").get(SIMILARITY) for record in records]
        return next((name for name in told if name), "")

    def similarity_note(self, system: str) -> str:
        return similarity_note(self.pair.systems[system].label, self.other_similarities[system])

    def _sample(self, index: "Index", system: str, column: str) -> "tuple[list[str], Vectors]":
        """What a model was given of the index's first and last article, and made of them."""
        from workbench.core.documents import format_document

        places = sorted({0, index.rows - 1})
        articles = index.articles(index.doc_ids[place] for place in places)
        template = self.pair.dense[system].document_template
        texts = [format_document(articles[index.doc_ids[place]], template) for place in places]
        return texts, index.vectors_at(column, places)

    @cached_property
    def resolver(self) -> Resolver:
        """Finds the article of the index that a citation names."""
        return self._resolver_of(self.index)

    def _resolver_of(self, index: "Index") -> Resolver:
        from workbench.index.citing import IndexCatalogue

        return Resolver(catalogue=IndexCatalogue(index))

    @property
    def width(self) -> int:
        """The widest of the pair's dimensions."""
        return max(self.pair.dims)

    # Asking and evaluating

    def resolve(self, queries: str | Path | Iterable[Query], name: str = "") -> QuerySet:
        """A query set of a file, a folder or a hub's data set, or of queries, with its citations resolved to qrels."""
        if isinstance(queries, str | Path):
            return self._read(queries, name or set_of(queries), self.resolver)
        return resolve_qrels(name or "queries", queries, self.resolver)

    def _read(self, path: str | Path, name: str, resolver: Resolver) -> QuerySet:
        """The query set in a file or folder; what was taken for granted in reading it is said."""
        report = SourceReport()
        query_set = resolve_qrels(name, read_queries(path, report), resolver)
        notes = tuple(report.said())
        for note in notes:
            self._report.say(note)
        if own := query_set.with_own_document:
            ids = f"{own:,} queries have" if own > 1 else "1 query has"
            self._report.say(
                f"{name}: {ids} the id of a document, which is left out of the query's rankings, as BEIR does"
            )
        return replace(query_set, notes=notes)

    def knows(self, text: str, systems: Collection[str] = ()) -> bool:
        """Whether these systems answer a question without loading a model, as its vectors are known."""
        return all(self.rankers[name].knows(text) for name in systems or self.rankers)

    def ask(
        self,
        text: str,
        *,
        query_id: str = "",
        dim: int | None = None,
        depth: int = DEPTH,
        systems: Collection[str] = (),
        relevant: Collection[str] = (),
        own_documents: Collection[str] = (),
        where: "Filter | None" = None,
        ann: bool | None = None,
        ranks: bool | None = None,
    ) -> "Answer":
        """The ranked lists of all systems, or of `systems`, for one question.

        `query_id`: by which run files know the question; `dim`: by default the widest, as for each system that has
        not that one; `depth`: hits a system; `relevant`: `doc_id`s whose exact ranks are wanted as well,
        at every dimension; `own_documents`: those that are the question itself, which are left out; `where`: which articles are
        searched, `law` in it as citations name one; `ann`: search through the approximate index; `ranks`: work out exact ranks
        beyond the lists. By default a large index (more articles than the pair's `exact_up_to`) is searched approximately where
        it can be, and without such ranks.
        """
        from workbench.evaluation.asking import ask

        if where and where.law:
            where = replace(where, law=self.resolver.laws.in_titles(where.law))
        return ask(
            Query(query_id, text, own_documents=tuple({*own_documents} - {*relevant})),
            index=self.index,
            rankers={name: self.rankers[name] for name in systems or self.rankers},
            dim=dim or self.width,
            depth=depth,
            relevant=frozenset(relevant),
            where=where,
            ann=ann,
            ranks=ranks,
        )

    def evaluate(
        self,
        queries: QuerySet | str | Path | Iterable[Query],
        *,
        depth: int = DEPTH,
        measures: str | Iterable[str] | None = None,
        cached: bool = False,
        measurable: bool = False,
        engine: RayCluster | None = None,
    ) -> "Experiment":
        """Exact ranks, measures and outcomes of a query set over all systems and dimensions.

        `depth`: hits a query that are kept for run files; `measures`: beside the headline ones, as a list or with commas
        between them, e.g. "nDCG@20,AP", by default R@10, R@100, P@10 and AP; `cached`: whether rankings of an earlier
        run may be taken from the home folder, and these put there; `measurable`: leaves out the systems that cannot be
        measured on this query set (a run file of others), else a QueryError says which; `engine`: workers that rank the
        systems with vectors, by default this process.
        """
        names = _with_commas(measures)
        further = parse_measures(names) if names else FURTHER
        query_set = queries if isinstance(queries, QuerySet) else self.resolve(queries)
        stages = {name: f"Ranking, {system.label}" for name, system in self.pair.systems.items()}

        def progress(name: str, done: int, total: int) -> None:
            self._report.progress(stages[name], done, total, unit="articles")

        systems = self.measurable(query_set) if measurable else ()
        with self._rankers_on(engine) as rankers:
            return self._run(query_set, depth, cached, progress, further, systems, rankers)

    @contextmanager
    def _rankers_on(self, engine: RayCluster | None) -> "Iterator[dict[str, Ranker]]":
        """`rankers`, with workers that rank in place of this process."""
        if not engine:
            yield self.rankers
            return
        from workbench.index.engines import check_ray_installed

        check_ray_installed()
        from workbench.evaluation.rankers import rankers_for
        from workbench.evaluation.ray_ranks import ranks_on

        with ranks_on(engine, self.pair, self.index, self._report.say) as sweep:
            yield rankers_for(
                self.pair, self.index, self.encoders, self.query_vectors, lambda: self.resolver, sweep
            )

    def measurable(self, query_set: QuerySet) -> list[str]:
        """The systems that can be measured on a query set: all but run files of others, and fusions of such."""

        def fits(ranker: "Ranker") -> bool:
            try:
                ranker.check(query_set.judged, query_set.name)
            except OtherQueries:
                return False
            return True

        return [name for name, ranker in self.rankers.items() if fits(ranker)]

    def _run(
        self,
        query_set: QuerySet,
        depth: int,
        cached: bool,
        progress: Callable[[str, int, int], None] = lambda *_: None,
        measures: Collection[str] = FURTHER,
        systems: Collection[str] = (),
        rankers: "dict[str, Ranker] | None" = None,
    ) -> "Experiment":
        """`systems`: those that are ranked, in the pair's order; by default all; `rankers`: what ranks them."""
        from workbench.evaluation.experiment import run_experiment

        ranking = self.rankers if rankers is None else rankers
        return run_experiment(
            query_set,
            index=self.index,
            rankers={name: each for name, each in ranking.items() if not systems or name in systems},
            dims=self.pair.dims,
            depth=depth,
            measures=tuple(measures),
            cache=self._cached_rankings if cached else None,
            progress=progress,
        )

    def contamination(self, query_set: QuerySet) -> "Contamination | None":
        """What training has seen of a query set; None where the index does not know what training saw."""
        from workbench.index import read_training, training_version
        from workbench.query_sets.contamination import contamination

        version = training_version(self.index.uri)
        if self._training is None or self._training[0] != version:
            training = read_training(self.index.uri)
            if training is None:
                return None
            self._training = version, training
        return contamination(query_set, self._training[1], self.pair.query_prompts)

    def summary(
        self,
        experiment: "Experiment",
        *,
        by: Collection[str] = (),
        contamination: "Contamination | None" = None,
        costs: bool = False,
    ) -> dict[str, Any]:
        """Everything that an experiment says as plain data, for JSON.

        `by`: slices to compare in at the widest dimension; `contamination`: what training has seen of the query set;
        `costs`: whether to measure what each column costs.
        """
        from workbench.evaluation.scores import reported_figures
        from workbench.evaluation.summary import summarise, summarise_contamination

        left_out = {"left out": len(self.index.skipped)} if self.index.skipped else {}
        corpus = self.index.counts | left_out
        summary = {"pair": self.pair.name, "corpus": corpus} | summarise(experiment, tuple(by))
        summary["reported"] = reported_figures(self.pair.systems)
        summary["leakage"] = contamination and summarise_contamination(experiment, contamination)
        if costs:
            summary["costs"] = self.costs(experiment)
        summary["seconds"] = dict(experiment.seconds)
        return summary

    def per_query(self, experiment: "Experiment") -> "DataFrame":
        """One row a judged query: text, relevant articles, and rank, RR@10 and outcome in every system and dimension."""
        from workbench.evaluation.tables import all_ranks

        return all_ranks(experiment)

    def trec_files(self, experiment: "Experiment", depth: int = DEPTH) -> dict[str, str]:
        """File name -> text: topics, qrels and a run of every system and dimension, of at most `depth` hits a query.

        Documents are called what their source calls them, where it has names of its own: the data set's qrels judge the
        runs. A run has as many hits as `evaluate` kept.
        """
        from workbench.evaluation.exports import source_names, trec_files

        names = source_names(self.index.citable())
        return trec_files(experiment.query_set, experiment.runs(depth), names)

    def costs(self, experiment: "Experiment", *, save: bool = False) -> dict[str, Any]:
        """What every column costs on this machine, measured with the judged queries as searches, by system and dimension.

        Bytes on disk, milliseconds of a search and, where there is an ANN index, what it loses. `save`: in the home folder.
        """
        from workbench.evaluation.costs import measure_costs, read_costs, save_costs, summarise_costs

        measured = summarise_costs(measure_costs(experiment, index=self.index, rankers=self.rankers))
        if save:
            build_id = self.index.build_id
            save_costs(read_costs(self.home, build_id) | measured, self.home, build_id)
        return measured

    def known_costs(self) -> dict[str, Any]:
        """Saved costs of this build by system; systems with the same columns cost the same."""
        from workbench.evaluation.costs import read_costs

        known = read_costs(self.home, self.index.build_id)
        costs = {}
        for name in self.pair.systems:
            if measured := known.get(name, known.get(self.pair.owners.get(name, name))):
                costs[name] = measured
        return costs

    def _knows_costs(self) -> bool:
        """Whether it was measured what searches cost, with ANN indexes where there are some now."""
        known = self.known_costs()
        return bool(known) and all(
            ("ann" in known.get(name, {}).get(str(dim), {})) == bool(self.index.ann(column))
            for name in self.pair.dense
            for dim in self.pair.dims_of(name)
            for column in [self.index.column_of(name, dim)]
        )

    @property
    def _cached_rankings(self) -> "CachedRankings":
        from workbench.evaluation.cached_rankings import CachedRankings

        return CachedRankings(self.home / "rankings")

    # Training

    @property
    def reviews_file(self) -> Path:
        """Where verdicts and notes of this home folder are."""
        return self.home / "reviews.sqlite"

    def mine(
        self,
        queries: QuerySet | str | Path | Iterable[Query],
        *,
        system: str | None = None,
        rules: MiningRules = MINING,
        only: str | None = None,
        reviews: bool = False,
    ) -> "Mining":
        """A system's own wrong top results for each query as hard negatives, exactly ranked at full width.

        `system`: by default the baseline; `only`: queries that are `regressed`, `displaced` or `missed` there; `reviews`:
        what people said joins in: relevant articles as positives, wrong ones as negatives in any case, and questions
        that only they asked. What `mine` gives is what `train` takes: `"".join(mining.lines())` is such a file.
        """
        from workbench.evaluation.wrong_results import mine, only_of
        from workbench.query_sets.reviewed import ReviewedSet, with_reviews
        from workbench.query_sets.reviews import Reviews

        name, kind = self._known(system), only_of(only)
        reviewed = ReviewedSet(queries if isinstance(queries, QuerySet) else self.resolve(queries))
        if reviews:
            said = Reviews(self.reviews_file).current()
            reviewed = with_reviews(reviewed.query_set, said, self.index.doc_ids)
            for text, doc_id in reviewed.disputed:
                self._report.say(f"“{text}”: {doc_id} is disputed, so it is neither relevant nor wrong")
        depth = max(rules.skip + rules.depth, DEPTH)
        systems = (self.pair.baseline, name)
        experiment = self._run(reviewed.query_set, depth, cached=True, systems=systems)
        texts = [query.text for query in reviewed.query_set.judged]
        return mine(
            experiment,
            name,
            self.pair.dense[name].document_template,
            index=self.index,
            vectors=self.query_vectors.encode(self.encoders[name], texts),
            rules=rules,
            only=kind,
            wrong=reviewed.wrong,
            spared=reviewed.spared,
        )

    def train(
        self,
        triplets: Iterable[str | Path],
        out: str | Path,
        *,
        system: str | None = None,
        recipe: "Recipe | str | None" = None,
        dev: str | Path | None = None,
        resume: bool = False,
        keep_unknown: bool = False,
        allow_contaminated: bool = False,
    ) -> Path:
        """Trains a system's model further and puts it into the folder `out`; the pair file beside it, which compares both.

        `triplets`: files as `mine` writes them, or any triplets with `query`, `positive` and `negative`; `system`: by
        default the baseline; `recipe`: a packaged one by its name, a file, or a `Recipe`, by default that of LawVault's
        model card; `dev`: a query set that chooses the best epoch; `resume`: goes on with a run that was stopped;
        `keep_unknown`: trains on positives that are no article of the corpus, too; `allow_contaminated`: also on
        questions that the pair's own sets or `dev` ask. A TrainingError says what is wrong.
        """
        from workbench.training.finished import pair_file, put_in_place
        from workbench.training.job import Job, check_place, run, work_folder
        from workbench.training.recipes import Recipe, read_recipe
        from workbench.training.triplets import Reading, check_held_out

        name = self._known(system)
        place = Path(out).resolve()
        check_place(place, pair_file(place), resume=resume)
        if resume and not work_folder(place).exists():
            self._report.say(f"{place} has no stopped run to go on with: it begins anew")
        how = recipe if isinstance(recipe, Recipe) else read_recipe(recipe) if recipe else read_recipe()
        encoder, described = self.encoders[name], self.pair.dense[name]
        encoder.check_trainable()
        articles = self.index.articles().values()
        data = Reading(articles, described.document_template).read(
            list(map(str, triplets)), keep_unknown=keep_unknown
        )
        for note in data.notes:
            self._report.say(note)
        sets, chosen = self._measuring(dev)
        if not allow_contaminated:
            asked = {key: [query.text for query in each.judged] for key, each in sets.items()}
            check_held_out(data, asked, self.pair.query_prompts)
        prompt = described.query_prompt if how.query_prompt is None else how.query_prompt
        job = Job(
            base={"model": described.model, "weights": encoder.description.weights},
            recipe=how,
            dims=how.dims or self.pair.dims,
            query_prompt=prompt,
            rows=data.rows(prompt),
            measured={key: self._dev_set(name, each, prompt, how.dev_pool) for key, each in sets.items()},
            dev=chosen,
        )

        def progress(step: int, steps: int, loss: float) -> None:
            stage = f"Training, {described.label}"
            self._report.progress(stage, step, steps, unit="steps", note=f"loss {loss:.4f}")

        outcome = run(job, encoder.trainable, place, say=self._report.say, progress=progress)
        file = put_in_place(outcome, place, self.pair, name, data.queries(), self.index_uri)
        for key, (before, after) in outcome.measured.items():
            self._report.say(f"{key}: MRR@10 {before:.3f} before, {after:.3f} after")
        return file

    def _measuring(self, dev: str | Path | None) -> tuple[dict[str, QuerySet], str | None]:
        """The pair's query sets and `dev`, as far as this corpus has their articles, by name; and the name of `dev`."""
        paths = set_names([*self.pair.queries, *([dev] if dev else [])])
        sets = {name: self.resolve(path, name) for name, path in paths.items()}
        chosen = next(name for name, path in paths.items() if path == str(dev)) if dev else None
        if chosen and not sets[chosen].judged:
            raise QueryError(str(dev), "names no article of this corpus", remedy="give another dev set")
        return {name: each for name, each in sets.items() if each.judged}, chosen

    def _dev_set(self, system: str, query_set: QuerySet, query_prompt: str, pool: int) -> "DevSet":
        """A query set with the articles to choose from: all, or the relevant ones and the best `pool` of each query."""
        from workbench.core.documents import format_document
        from workbench.training.dev import DevSet

        template = self.pair.dense[system].document_template
        relevant = {query_id: set(row) for query_id, row in query_set.qrels.items()}
        named = None
        if pool and query_set.judged:
            ranked = self._run(query_set, max(pool, DEPTH), cached=True, systems=(system,))
            hits = ranked.rankings[system][self.width].hits
            named = {hit.doc_id for query in query_set.judged for hit in hits[query.query_id][:pool]}
            named = named.union(*relevant.values())
        articles = self.index.articles(named)
        return DevSet(
            {query.query_id: query_prompt + query.text for query in query_set.judged},
            {doc_id: format_document(article, template) for doc_id, article in articles.items()},
            relevant,
        )

    def _known(self, system: str | None) -> str:
        """`system`, by default the first, where the pair has it with vectors."""
        names = list(self.pair.dense)
        if system in names or (system is None and names):
            return system or names[0]
        found = f'has no system "{system}"'
        if system is None or system in self.pair.systems:
            found = f"has no vectors of {system}" if system else "has no system with vectors"
        remedy = (
            f"choose one of: {', '.join(names)}" if names else "add a system with a `model` to the pair file"
        )
        raise PairError(self.pair.typed, found, remedy=remedy)

    # Building

    def build(
        self,
        *,
        systems: str | Iterable[str] | None = None,
        dims: str | Iterable[int] | None = None,
        subset: Subset = WHOLE_CORPUS,
        ann: str | None = None,
        skip_failed: bool = False,
        engine: RayCluster | None = None,
    ) -> "BuildReport":
        """Encodes what is new or changed, replaces the index in one step, and measures the pair's own query sets.

        `systems`, `dims`: build these only, the other columns stay; `subset`: the part of the corpus to index; `ann`: the
        kind of approximate index for every column, or none; by default what the index had, and at first ivf_rq where it has
        more articles than the pair's `exact_up_to`; `skip_failed`: leaves out, for all systems, the articles that
        some model gives no vector for; `engine`: workers that encode, by default this process. Safe to stop and run again.
        """
        from workbench.index.pipeline import Pipeline

        only = select(self.pair, systems=_with_commas(systems), dims=_with_commas(dims))
        with self._filled_by(engine) as workers:
            pipeline = Pipeline(self.pair, self.home, self.encoders, self._report, skip_failed, workers)
            report = pipeline.run(only, subset, ann)
        self._forget_index()
        resolver = self._resolver_of(self.unchecked_index())
        pipeline.add_training(resolver)
        if self.unchecked_index().differences(self.pair, self.encoders):
            self._report.say("Other systems or dimensions of the pair are still to be built.")
        else:
            self._measure_queries(resolver)
        return report

    def _filled_by(self, engine: RayCluster | None) -> "AbstractContextManager[Engine | None]":
        """What encodes in place of this process."""
        if not engine:
            return nullcontext()
        from workbench.index.engines import check_ray_installed

        check_ray_installed()
        from workbench.index.engines.ray_engine import RayEngine

        return RayEngine(engine, self.home, self._report.say)

    def _measure_queries(self, resolver: Resolver) -> None:
        """Measures the pair's own query sets, whose vectors go along with the index from now on."""
        from workbench.index import write_query_vectors

        query_sets = [self._read(path, name, resolver) for name, path in set_names(self.pair.queries).items()]
        texts = list(dict.fromkeys(query.text for query_set in query_sets for query in query_set.judged))
        index = self.index  # opened first: what came along with it need not be encoded
        if texts:
            for encoder in self.encoders.values():  # one model in memory at a time
                self.query_vectors.encode(encoder, texts)
                encoder.release()
            write_query_vectors(index.uri, texts, self.encoders, self.query_vectors)
        for query_set in query_sets:
            self._measure(query_set)

    def _measure(self, query_set: QuerySet) -> None:
        """Says what a query set measures, and saves what its searches cost.

        Afterwards its vectors are known, and the loops of the ranking compiled.
        """
        if not query_set.judged:
            self._report.say(f"{query_set.name}: none of its queries resolves in this corpus")
            return
        experiment = self._run(query_set, DEPTH, cached=True, systems=self.measurable(query_set))
        evaluations = {name: by_dim[self.width] for name, by_dim in experiment.evaluations.items()}
        means = ", ".join(
            f"{self.pair.systems[name].label} {evaluation.means['RR@10']:.3f}"
            for name, evaluation in evaluations.items()
        )
        if not self._knows_costs():
            self.costs(experiment, save=True)
        over = f"MRR@10 over {len(query_set.judged)} queries at {self.width} dimensions"
        self._report.say(f"{query_set.name}: {over}: {means}")

    def check_index(self) -> None:
        """An IndexFault where the index does not fit the pair, or is not there."""
        self.unchecked_index().check_fits(self.pair, self.encoders)

    def verify(self) -> None:
        """Reads all of the index, holds it against its checksums and every article against the corpus; an IndexFault says what is wrong."""
        from workbench.corpora import read_corpus
        from workbench.index import sidecar_faults

        corpus = read_corpus(self.pair.corpus.sources, self.home)
        faults = self.index.verify(Subset.recorded(self.index.subset).select(corpus.articles))
        if faults := faults + sidecar_faults(self.index.uri):
            told = faults[:_TOLD] + ([f"and {len(faults) - _TOLD} more"] if len(faults) > _TOLD else [])
            remedy = (
                f"run `workbench index build --pair {self.pair.typed}`, which encodes only what it has to"
            )
            raise IndexFault(self.index.uri, "; ".join(told), remedy=remedy)

    def build_demo(self) -> None:
        """Trains and builds what is missing of the demo, or was made from other sources than today's."""
        from workbench.training.demo_stamps import check_trainable, index_stamp, models_stamp

        built = index_stamp(self.pair, self.home)
        models = [self.home / "models" / name for name in DEMO_MODELS]
        if built.fits and all((model / "modules.json").is_file() for model in models):
            return
        check_trainable()
        self._report.say(f"Building the demo in {self.home}. This takes about two minutes, once.")
        trained = models_stamp(self.home)
        if not trained.fits:
            for model in models:
                shutil.rmtree(model, ignore_errors=True)
            trained.set()
        # before torch loads: its waiting threads must not slow a busy machine's others
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        from workbench.training.demo import train_demo_pair

        train_demo_pair(self.pair, self.home, self._report.say)
        self.build()
        built.set()

    def unchecked_index(self) -> "Index":
        """The index as it lies there, whether it fits the pair or not."""
        from workbench.index import Index

        return Index(self.index_uri, pair=self.pair.typed)

    def _forget_index(self) -> None:
        """What was opened is of an earlier build."""
        for name in ("index", "resolver", "rankers", "other_similarities"):
            self.__dict__.pop(name, None)


def _with_commas(items: str | Iterable[object] | None) -> str | None:
    return items if items is None or isinstance(items, str) else ",".join(map(str, items))
