"""What the page says, in English and Chinese."""

from collections.abc import Callable

from workbench.core.domain import Level, Scope

LANGUAGES = {"en": "EN", "zh": "中文"}

_LABELS: dict[str, tuple[str, str]] = {
    # key: (English, 中文)
    # header
    "title": ("LawVault workbench", "LawVault 检索对比台"),
    "corpus": (
        "{articles:,} articles · {national:,} national · {local:,} local",
        "{articles:,} 条 · 国家 {national:,} · 地方 {local:,}",
    ),
    "stand_in": (
        "Demo pair: two small models trained on this machine stand in for EmbeddingGemma and LawVault. The local regulations are synthetic, made from national law by rule.",
        "演示模型：用本机训练的两个小模型代替 EmbeddingGemma 与 LawVault。地方性法规为按规则由国家法律改写的虚构文本。",
    ),
    "dim": ("Vector length", "向量维度"),
    "query_set": ("Query set", "查询集"),
    "language": ("Language", "语言"),
    "baseline": ("Baseline", "基线"),
    "compared": ("Compared with", "对比模型"),
    # sections
    "section search": ("Search", "检索"),
    "section aggregate": ("Over the whole query set", "整个查询集"),
    "section aggregate note": (
        "How both models fare on every judged query, how sure the difference is, and which queries it comes from.",
        "两个模型在全部已标注问题上的表现、差异的可靠程度，以及差异来自哪些问题。",
    ),
    "section confusion": ("National versus local", "国家与地方"),
    "section confusion note": (
        "Whether a question about national law is answered with a local regulation that copies it, or the other way round.",
        "答案在国家法律的问题，是否被照抄其文字的地方性法规顶替，或者相反。",
    ),
    "section matryoshka": ("Shorter vectors", "向量维度取舍"),
    "section matryoshka note": (
        "What is lost in quality and saved in bytes and time when vectors are cut short (Matryoshka).",
        "截短向量（Matryoshka）会损失多少质量，节省多少存储与时间。",
    ),
    "section review": ("Review", "复核"),
    "section review note": (
        "Cases that deserve a look, and what people have said about articles and questions.",
        "值得复核的案例，以及各位对法条和问题的评判。",
    ),
    "section takeaway": ("Take away", "导出"),
    "section takeaway note": (
        "Files for other tools, a report for others to read, and query sets of your own to bring along.",
        "供其他工具使用的文件、可供传阅的报告，以及自带的查询集。",
    ),
    # search
    "question": ("Question", "问题"),
    "placeholder": (
        "Ask a legal question in your own words, e.g. 老板拖着工资不发，我该找谁？",
        "用自己的话提问，例如：老板拖着工资不发，我该找谁？",
    ),
    "try": ("Try", "试试"),
    "more_samples": ("All {count} of this set", "本集全部 {count} 个问题"),
    "searching": ("Searching …", "正在检索……"),
    "encoding_question": ("Encoding the question and searching …", "正在编码问题并检索……"),
    "answers_to": ("Answers to: {text}", "检索结果：{text}"),
    "depth": ("Hits", "条数"),
    "level": ("Level", "效力层级"),
    "place": ("Place", "地区"),
    "nationwide": ("the whole country", "全国"),
    "law": ("Law", "法律名称"),
    "law_placeholder": ("part of its name", "名称中的文字"),
    "any": ("any", "不限"),
    "approximate": ("Approximate search", "近似检索"),
    "approximate_help": (
        "Search through the ANN index, as a large deployment would, and compare with exact search.",
        "像大型部署那样通过 ANN 索引检索，并与精确检索对照。",
    ),
    "no_ann": (
        "These columns have no ANN index: `workbench index build --ann ivf_rq` makes one.",
        "该向量列没有 ANN 索引：用 `workbench index build --ann ivf_rq` 建立。",
    ),
    "national": ("NATIONAL", "国家"),
    "local": ("LOCAL", "地方"),
    "synthetic": ("synthetic", "虚构"),
    "relevant": ("relevant", "相关"),
    "relevant_ranks": ("Exact rank of the relevant articles", "相关法条的精确排名"),
    "relevant_at": ("the relevant article is ranked {rank:,}", "相关法条排第 {rank:,} 名"),
    "judged_as": ("judged query {query_id} of {name}", "查询集 {name} 的已标注问题 {query_id}"),
    "unjudged": (
        "This question is in no query set, so no article is marked as relevant.",
        "该问题不在任何查询集中，因此没有标注相关法条。",
    ),
    "elsewhere": ("{label}: rank {rank:,}", "{label}：第 {rank:,} 名"),
    "moved_up": ("↑ {places:,}", "↑ {places:,}"),
    "moved_down": ("↓ {places:,}", "↓ {places:,}"),
    "unmoved": ("=", "="),
    "new": ("new", "新进入"),
    "gone": ("gone", "已退出"),
    "published": ("published {date}", "{date} 公布"),
    "effective": ("in force from {date}", "{date} 施行"),
    "close": ("close", "收起"),
    "times": ("encoding {encoding} · search {search:.0f} ms", "编码 {encoding} · 检索 {search:.0f} 毫秒"),
    "ms": ("{value:.0f} ms", "{value:.0f} 毫秒"),
    "kept": ("kept from before", "已有缓存"),
    "agreement": (
        "The lists share {overlap} of {depth} articles · RBO {rbo:.2f}",
        "两列共有 {overlap}/{depth} 条 · RBO {rbo:.2f}",
    ),
    "search_note": (
        "Lists: LanceDB exact search, inner product of unit vectors, {dim} dimensions. Ranks: every article scored from the same columns.",
        "列表：LanceDB 精确检索，单位向量内积，{dim} 维。排名：对同一列全部法条逐一计分。",
    ),
    "ann_note": (
        "Lists: LanceDB approximate search; of its hits, exact search finds too: {found}. Ranks: every article scored.",
        "列表：LanceDB 近似检索；其中精确检索也能找到：{found}。排名：对全部法条逐一计分。",
    ),
    "filter_note": (
        "Only articles that the filter lets through were searched; ranks beside hits count among them, ranks of relevant articles in the whole corpus.",
        "仅检索符合筛选条件的法条；命中旁的排名在其中计算，相关法条的排名在整个语料中计算。",
    ),
    # judging
    "judge_title": ("Your verdict", "您的评判"),
    "author": ("Your name", "您的姓名"),
    "author_placeholder": ("so that others know who said it", "便于他人了解评判者"),
    "judged_article": ("Article (rank in either model)", "法条（在两个模型中的排名）"),
    "whole_question": ("The question as a whole", "问题整体"),
    "whole_question_note": (
        "A verdict or a note on the question itself: whether it is well put, or whether any of the answers helps.",
        "针对问题本身的评判或备注：问法是否恰当，结果是否有帮助。",
    ),
    "note": ("Note", "备注"),
    "verdict relevant": ("Relevant", "相关"),
    "verdict partly relevant": ("Partly", "部分相关"),
    "verdict not relevant": ("Not relevant", "不相关"),
    "verdict_note": ("note", "备注"),
    "save_note": ("Save the note only", "仅保存备注"),
    "said_so_far": ("Said so far", "已有评判"),
    "undo_save": ("Undo: {said}", "撤销：{said}"),
    "undo_delete": ("Undo deleting: {said}", "撤销删除：{said}"),
    "own_set": ("Query set of your own", "自建查询集"),
    "own_set_hint": (
        "Once an article has the verdict “relevant”, the question can join a query set of your own.",
        "有法条被评为“相关”之后，该问题即可加入自建查询集。",
    ),
    "own_set_add": ("Add this question ({count} relevant)", "加入此问题（{count} 条相关）"),
    "own_set_added": (
        "Added to {name} as {query_id}. Choose {name} as the query set above to see it measured.",
        "已加入 {name}，编号 {query_id}。在页首选择查询集 {name} 即可查看评测。",
    ),
    # measures
    "RR@10": ("MRR@10", "MRR@10"),
    "Success@10": ("Hit rate@10", "命中率@10"),
    "Success@1": ("Top-1 accuracy", "首位准确率"),
    "nDCG@10": ("nDCG@10", "nDCG@10"),
    "errors": ("National → local errors", "国家→地方误判"),
    "tile_help_errors": (
        "questions about national law with a local article on top",
        "答案在国家法律，首位却是地方条文",
    ),
    "interval": ("{low:+.2f} to {high:+.2f}", "{low:+.2f} 至 {high:+.2f}"),
    "p": ("p\u00a0{p}", "p\u00a0{p}"),
    "won": ("{wins} won · {ties} tied · {losses} lost", "胜 {wins} · 平 {ties} · 负 {losses}"),
    "won_note": ("reciprocal rank, question by question", "逐题比较倒数排名"),
    "averages": (
        "{name}: {count} judged queries, {dim} dimensions. Differences: 95 % paired bootstrap interval; p: paired randomisation test.",
        "{name}：{count} 个已标注问题，{dim} 维。差值：95% 配对自助区间；p：配对随机化检验。",
    ),
    "unresolved": (
        "{count} queries cite no article of this corpus and are left out.",
        "{count} 个问题引用的法条不在本语料中，未计入。",
    ),
    "prompts_differ": (
        "Questions are put with different prompts ({said}), so that the difference is that of prompt and model together.",
        "两个模型使用的提问前缀不同（{said}），差异来自前缀与模型两方面。",
    ),
    "only_prompts_differ": (
        "One model with two prompts for questions ({said}): the difference is that of the prompt alone.",
        "同一模型，提问前缀不同（{said}）：差异仅来自前缀。",
    ),
    "no_prompt": ("none", "无"),
    "no_query_set": ("No query set can be measured here.", "没有可评测的查询集。"),
    "mean": ("mean over all judged queries", "全部已标注问题的平均值"),
    "difference": ("difference (95 % interval)", "差值（95% 区间）"),
    "rank": ("rank in {label}", "在 {label} 中的排名"),
    "queries": ("number of queries", "问题数"),
    "change": ("difference", "差异"),
    "relevant_level": ("level of the relevant article", "相关法条的层级"),
    "top": ("level of the article on top", "首位法条的层级"),
    "chart_differences": (
        "Mean measures and their differences: {count} queries, {dim} dimensions",
        "平均指标及其差值：{count} 个问题，{dim} 维",
    ),
    "chart_scatter": (
        "Rank of the relevant article in both models, {dim} dimensions",
        "相关法条在两个模型中的排名（{dim} 维）",
    ),
    "scatter_note": (
        "Below the diagonal the second model ranks the relevant article higher; dotted lines: rank 10. Select a point to open its question.",
        "对角线以下表示后一模型排名更高；虚线为第 10 名。点击圆点可打开该问题。",
    ),
    "by": ("Slice by", "分组方式"),
    "by topic": ("Topic", "主题"),
    "by style": ("Style", "风格"),
    "by level": ("Level", "效力层级"),
    "by region": ("Place", "地区"),
    "chart_slices": (
        "Difference in MRR@10 by {by} (number of queries)",
        "各组 MRR@10 的差值，按{by}（括号内为问题数）",
    ),
    "slices_note": (
        "Filled: p below .05 after Holm's correction for the number of slices.",
        "实心：经 Holm 校正后 p 小于 .05。",
    ),
    "slices_left": ("{count} smaller slices are in the CSV.", "其余 {count} 个较小分组见 CSV。"),
    "reported_title": ("Reported and measured", "公布值与实测值"),
    "reported": ("{label}, reported", "{label}（公布）"),
    "measured": ("{label}, measured", "{label}（实测）"),
    "over_found": ("MRR@10 over found", "MRR@10（仅已命中）"),
    "over_found_note": (
        "MRR@10 counts a query without a hit in the first ten as 0. “Over found” leaves those queries out, so it is always higher and says less.",
        "MRR@10 将前十未命中的问题计为 0；“仅已命中”不计这些问题，因此总是更高，信息也更少。",
    ),
    "nothing_reported": (
        "The pair file names no reported figures to compare with.",
        "模型对文件中没有可供对照的公布值。",
    ),
    "contamination_title": ("What training has seen", "训练中已出现的内容"),
    "contamination_none": (
        "Training asked none of these questions and has seen none of their relevant articles.",
        "训练集中没有这些问题，也没有出现过它们的相关法条。",
    ),
    "contamination_unknown": (
        "The index does not say what the models were trained on: name it as `training` in the pair file and build again.",
        "索引中没有训练数据的记录：请在模型对文件中以 training 指明并重新构建。",
    ),
    "contamination_note": (
        "Training asked {asked} of these questions (in the same or nearly the same words) and asked or answered {given}; it has seen {articles} of the relevant articles as right answers.",
        "训练集中问过其中 {asked} 个问题（文字相同或几乎相同），问过或答过的共 {given} 个；有 {articles} 条相关法条曾作为正确答案出现。",
    ),
    "contamination all": ("MRR@10, all questions", "MRR@10，全部问题"),
    "contamination not asked": ("without those asked in training", "不计训练中问过的"),
    "contamination unseen": ("without those asked or answered", "不计训练中问过或答过的"),
    "query seen": ("question seen", "问题见过"),
    "answers seen": ("all answers seen", "答案都见过"),
    "some answers seen": ("some answers seen", "部分答案见过"),
    "nothing seen": ("nothing seen", "均未见过"),
    "by seen": ("In training", "训练中"),
    "unresolved_title": ("Citations that name no article here: {count}", "未能在本语料中找到的引用：{count}"),
    "col_query_id": ("Query", "问题编号"),
    "col_citation": ("Citation", "引用"),
    "col_reason": ("Why not", "原因"),
    "report_incomplete": (
        "the reported figures cannot be checked without Top-1 accuracy, hit rate and MRR@10",
        "缺少首位准确率、命中率或 MRR@10，无法核对公布值",
    ),
    "report_fits": (
        "the reported figures fit each other: Top-1 and hit rate allow an MRR@10 of {low:.3f} to {high:.3f}, and {reported:.3g} is reported.",
        "公布值相互一致：由首位准确率与命中率可知 MRR@10 应在 {low:.3f} 至 {high:.3f} 之间，公布为 {reported:.3g}。",
    ),
    "report_over_found": (
        "Top-1 and hit rate allow an MRR@10 of {low:.3f} to {high:.3f}; the reported {reported:.3g} fits only as a mean over found queries.",
        "由首位准确率与命中率可知 MRR@10 应在 {low:.3f} 至 {high:.3f} 之间；公布的 {reported:.3g} 只可能是仅对已命中问题求平均。",
    ),
    "report_cannot_be": (
        "Top-1 and hit rate allow an MRR@10 of {low:.3f} to {high:.3f}; the reported {reported:.3g} cannot be, nor as a mean over found queries.",
        "由首位准确率与命中率可知 MRR@10 应在 {low:.3f} 至 {high:.3f} 之间；公布的 {reported:.3g} 不可能成立，仅对已命中问题求平均也不成立。",
    ),
    "per_query": ("Every judged query, most improved first", "逐题结果，改进最大者在前"),
    "show": ("Show", "显示"),
    "all": ("all", "全部"),
    "improved": ("improved", "改进"),
    "regressed": ("regressed", "退步"),
    "both missed": ("both missed", "均未命中"),
    "unchanged": ("unchanged", "不变"),
    "col_query": ("Question", "问题"),
    "col_rank": ("Rank, {label}", "排名 · {label}"),
    "col_outcome": ("Outcome, {label}", "结果 · {label}"),
    "col_gain": ("Gain in RR", "RR 增益"),
    "open_hint": ("Select a row to open that question in Search.", "选中一行即可在检索中打开该问题。"),
    "table_alt": (
        "{count} judged queries with rank and outcome in both models",
        "{count} 个已标注问题在两个模型中的排名与结果",
    ),
    # national versus local
    "correct": ("correct", "正确"),
    "same law": ("same law", "同一法律"),
    "national→local": ("national → local", "国家→地方"),
    "local→national": ("local → national", "地方→国家"),
    "wrong region": ("wrong place", "地方不符"),
    "other law": ("other law", "其他法律"),
    "chart_outcomes": ("What stands on top: outcomes of {count} queries", "首位是什么：{count} 个问题的结果"),
    "chart_flow": ("Where the outcomes went", "结果的去向"),
    "chart_levels": (
        "Level of the relevant article against level of the article on top (number of queries)",
        "相关法条层级与首位法条层级（问题数）",
    ),
    "levels_note": ("Select a cell to see its queries below.", "点击单元格可在下方查看其问题。"),
    "displacing": (
        "{label}: {articles:,} articles of the wrong scope stand above the first relevant one, in {queries} queries",
        "{label}：{queries} 个问题中，共有 {articles:,} 条范围不符的法条排在首个相关法条之前",
    ),
    "outcome_of": ("Outcome, {label}", "结果 · {label}"),
    "choose_move": (
        "Choose an outcome, or a cell above, to see its queries.",
        "选择一种结果，或点击上方单元格，即可查看其问题。",
    ),
    "cell": ("{labels}: {relevant}, on top {top}", "{labels}：{relevant}，首位 {top}"),
    "displaced_title": ("Displaced pairs", "被顶替的法条"),
    "displaced_in": ("Displaced in", "所在模型"),
    "all_pairs": ("All {count} pairs", "全部 {count} 对"),
    "displaced_note": (
        "Left the relevant article, right the article of the wrong scope or place that stands on top instead. Wording that both share is marked.",
        "左侧为相关法条，右侧为排在首位的范围或地方不符的法条。双方共有的文字已标出。",
    ),
    "no_displaced": (
        "No relevant article was displaced by one of the wrong scope or place.",
        "没有相关法条被范围或地方不符的法条顶替。",
    ),
    "side_relevant": ("relevant", "相关"),
    "side_top": ("on top instead", "排在首位"),
    # shorter vectors
    "chart_tradeoff": (
        "MRR@10 against dimension, bytes and search time, with 95 % intervals: {count} queries",
        "MRR@10 与维度、字节数、检索时间的关系（95% 区间）：{count} 个问题",
    ),
    "bytes": ("bytes per vector", "每个向量的字节数"),
    "latency": ("exact search, median ms", "精确检索中位数（毫秒）"),
    "verdicts": ("What this means", "结论"),
    "smallest": (
        "{label}: {dim} is the smallest length that keeps {share:.0%} of its MRR@10 at {width}.",
        "{label}：保住 {width} 维 MRR@10 的 {share:.0%} 所需的最小维度为 {dim}。",
    ),
    "finds_nothing": (
        "{label} finds nothing in the first ten at {width} dimensions.",
        "{label} 在 {width} 维时前十均未命中。",
    ),
    "crossover_reached": (
        "{system} at {dim} is no worse than {baseline} at {width}: {delta:+.3f} ({low:+.3f} to {high:+.3f}), p\u00a0{p}.",
        "{system} {dim} 维不逊于 {baseline} {width} 维：{delta:+.3f}（{low:+.3f} 至 {high:+.3f}），p\u00a0{p}。",
    ),
    "crossover_missed": (
        "{system} at {dim} stays below {baseline} at {width}: {delta:+.3f} ({low:+.3f} to {high:+.3f}), p\u00a0{p}.",
        "{system} {dim} 维低于 {baseline} {width} 维：{delta:+.3f}（{low:+.3f} 至 {high:+.3f}），p\u00a0{p}。",
    ),
    "length": ("Length", "维度"),
    "share_of_bytes": ("Bytes", "字节"),
    "mrr_of": ("{label}: MRR@10 (kept)", "{label}：MRR@10（保留）"),
    "against_full": (
        "{system} so short against {baseline} at {width}",
        "{system} 该维度对 {baseline} {width} 维",
    ),
    "costs_title": ("Bytes and search time", "存储与检索时间"),
    "costs_missing": ("Not measured on this machine yet for this index.", "尚未在本机对该索引进行测量。"),
    "costs_measure": ("Measure now", "立即测量"),
    "costs_measuring": (
        "Measuring bytes and search time of every column …",
        "正在测量各列的字节数与检索时间……",
    ),
    "costs_note": (
        "{label}, measured on this machine: bytes of the column on disk, and LanceDB searches for the first ten, one after the other.",
        "{label}，本机实测：该列占用的磁盘字节数，以及逐次检索前十条的时间。",
    ),
    "cost_dim": ("dimensions", "维度"),
    "cost_column_bytes": ("column", "列大小"),
    "cost_exact": ("exact, median", "精确 · 中位数"),
    "cost_p95": ("95th percentile", "95 分位"),
    "cost_ann": ("approximate", "近似"),
    "cost_recall": ("share of exact hits", "精确命中占比"),
    "heat_title": ("Rank of every query at every length", "每个问题在各维度下的排名"),
    "suffers_in": ("Who suffers first in", "先受影响者，按模型"),
    "col_suffers": ("Suffers at", "受损维度"),
    "col_loss": ("Loss in RR", "RR 损失"),
    "heat_note": (
        "“Suffers at”: the widest length at which the reciprocal rank is lower than at full length. A click on a column's head sorts by it; select a row to open that question.",
        "“受损维度”：倒数排名低于全维时的最大维度。点击表头可排序；选中一行可打开该问题。",
    ),
    "heat_alt": (
        "Ranks by vector length; in {label}, {count} queries lose reciprocal rank when vectors are cut",
        "各维度下的排名；在 {label} 中有 {count} 个问题因截短而下降",
    ),
    "heat_left": ("{count} further queries are in the CSV.", "其余 {count} 个问题见 CSV。"),
    # review
    "failures_title": ("Cases to look at: {label}", "待查案例：{label}"),
    "regression": ("regression", "退步"),
    "displacement": ("displacement", "被顶替"),
    "miss": ("miss", "未命中"),
    "col_failure": ("Case", "类别"),
    "unreviewed": ("Not reviewed yet", "尚未复核"),
    "said_title": ("Verdicts and notes", "评判与备注"),
    "said current": ("kept", "现有"),
    "said deleted": ("deleted", "已删除"),
    "col_verdict": ("Verdict", "评判"),
    "col_author": ("Who", "评判者"),
    "col_doc_id": ("Article", "法条"),
    "col_at": ("When", "时间"),
    "find": ("Containing", "包含文字"),
    "nothing_said": (
        "Nobody has judged anything yet. Ask a question above; under its answers is a place for your verdict.",
        "尚无评判。请在上方提问，结果下方即可写下评判。",
    ),
    "nothing_fits": ("None fits this choice.", "没有符合条件的记录。"),
    "said_alt": ("{count} verdicts and notes", "{count} 条评判与备注"),
    "said_hint": ("Select a row to edit, delete or open it.", "选中一行可编辑、删除或打开。"),
    "save": ("Save", "保存"),
    "delete": ("Delete", "删除"),
    "restore": ("Restore", "恢复"),
    "open_question": ("Open the question", "打开问题"),
    # take away
    "file report": (
        "The report: one HTML file with charts and method, opens without a network",
        "报告：含图表与方法的单个 HTML 文件，可离线打开",
    ),
    "file per_query_csv": (
        "Every query: ranks and outcomes of both models at every length",
        "逐题结果：两个模型在各维度下的排名与结果",
    ),
    "file tables_zip": ("Every table of this page as CSV, verdicts included", "本页全部表格（CSV），含评判"),
    "file trec_zip": (
        "TREC run files for both models at every length, and qrels",
        "两个模型各维度的 TREC 结果文件及 qrels",
    ),
    "file set_jsonl": ("The query set {name}", "查询集 {name}"),
    "file triplets": (
        "Hard negatives of {label} for training: {count} triplets of query, relevant article and the article that displaced it",
        "{label} 的难负例：{count} 个（问题、相关法条、顶替它的法条）三元组，可用于训练",
    ),
    "link_show": ("Show the link to this view", "显示本视图的链接"),
    "bring_title": ("A query set of your own", "自带查询集"),
    "bring_note": (
        "JSON lines or CSV (UTF-8) with query_id, text and relevant citations, at most {most:,} queries; it is kept in the home folder.",
        "JSON lines 或 CSV（UTF-8），含 query_id、text 与 relevant 引用，最多 {most:,} 个问题；保存在主文件夹中。",
    ),
    "bring_file": ("Query set file", "查询集文件"),
    "bring_replace": ("Replace a set of that name", "替换同名查询集"),
    "bring_keep": ("Keep and measure", "保存并评测"),
    "take_out": ("A question of this set", "本查询集中的问题"),
    "take_out_do": ("Take it out", "移出"),
    # report
    "report_made": (
        "Made {when} with LawVault workbench {version}",
        "{when} 由 LawVault 检索对比台 {version} 生成",
    ),
    "report_improved": ("Queries that gained most", "改进最大的问题"),
    "report_regressed": ("Queries that lost most", "退步最大的问题"),
    "report_method": ("How it was measured", "评测方法"),
    "report_fingerprints": ("What was measured", "评测对象"),
    "top_of": ("On top, {label}", "首位 · {label}"),
    "none": ("none", "无"),
    "method ranks": (
        "Every article of the corpus was scored for every query from the vectors in the LanceDB table; ranks are exact, in the order of score and article id.",
        "对每个问题，用 LanceDB 表中的向量为语料中每一条法条计分；排名是精确的，按分数与法条编号排序。",
    ),
    "method averages": (
        "Averages run over all judged queries; one without a hit counts 0. Of several relevant articles the best-ranked counts.",
        "平均值对全部已标注问题计算，未命中计 0；有多个相关法条时取排名最高者。",
    ),
    "method differences": (
        "Differences are paired: 95 % percentile bootstrap over queries and a sign-flip randomisation test, seeded, 9,999 resamples.",
        "差值为配对比较：对问题做 95% 百分位自助区间，并做符号翻转随机化检验，固定种子，重采样 9,999 次。",
    ),
    "method outcomes": (
        "Outcomes classify the article on top: correct, same law, national → local, local → national, wrong place, other law; the first that applies.",
        "结果按首位法条分类：正确、同一法律、国家→地方、地方→国家、地方不符、其他法律，取首个符合者。",
    ),
    "print_pair": ("Pair", "模型对"),
    "print_set": ("Query set, queries, fingerprint", "查询集、问题数、指纹"),
    "print_index": ("Index build", "索引构建"),
    "print_built": ("{rows:,} articles, built {when}", "{rows:,} 条，构建于 {when}"),
    # notes and faults
    "url_fallback": (
        'The link asked for {name} "{found}", which this page does not have; {used} is shown instead.',
        "链接中的 {name}「{found}」不存在，已改用 {used}。",
    ),
    "fault": ("{subject}: {found}.", "{subject}：{found}。"),
    "wanted": ("wanted: {wanted}", "应为：{wanted}"),
    "remedy": ("What to do: {remedy}.", "解决办法：{remedy}。"),
}

# Levels are Chinese words of law; the English ones are those of the official translation of the Legislation Law.
_LEVELS = {
    Level.CONSTITUTION: "Constitution",
    Level.LAW: "Law",
    Level.ADMINISTRATIVE_REGULATION: "Administrative regulation",
    Level.JUDICIAL_INTERPRETATION: "Judicial interpretation",
    Level.DEPARTMENT_RULE: "Department rule",
    Level.LOCAL_REGULATION: "Local regulation",
    Level.LOCAL_GOVERNMENT_RULE: "Local government rule",
}

# Topics and styles of the sample queries; a query set may bring others, which are shown as they are.
TOPICS = {
    "family": "婚姻家庭",
    "inheritance": "继承",
    "property": "物权",
    "contract": "合同",
    "tort": "侵权",
    "personality": "人格权",
    "labour": "劳动",
    "social-security": "社会保障",
    "education": "教育",
    "crime": "刑事",
    "public-order": "治安",
    "traffic": "交通",
    "procedure": "诉讼程序",
    "administration": "行政",
    "company": "公司",
    "finance": "金融",
    "tax": "税务",
    "consumer": "消费者",
    "food-drug": "食品药品",
    "ip": "知识产权",
    "internet": "网络",
    "health": "卫生健康",
    "environment": "环境",
    "land": "土地",
    "rural": "农村",
    "minority-rights": "特殊群体权益",
    "civic": "公民事务",
}
STYLES = {
    "plain": "平实",
    "story": "叙事",
    "keyword": "关键词",
    "typo": "错别字",
    "dialect": "方言",
    "terse": "简短",
}


def label(language: str, key: str, **values: object) -> str:
    """The text of `key` in a language of LANGUAGES, with `values` filled in."""
    return _LABELS[key][list(LANGUAGES).index(language)].format(**values)


def words(language: str, *keys: str) -> dict[str, str]:
    """Several texts at once, for a chart."""
    return {key: _LABELS[key][list(LANGUAGES).index(language)] for key in keys}


def level_name(language: str, level: str) -> str:
    """A level as readers of the language call it."""
    return level if language == "zh" else _LEVELS[Level(level)]


def slice_name(language: str, by: str, name: str) -> str:
    """What a slice of the queries is called; with several values, joined as they are."""
    return " / ".join(_SLICE_NAMES[by](language, each) for each in name.split(" / ")) if name else "–"


_SLICE_NAMES: dict[str, Callable[[str, str], str]] = {
    "topic": lambda language, name: TOPICS.get(name, name) if language == "zh" else name.replace("-", " "),
    "style": lambda language, name: STYLES.get(name, name) if language == "zh" else name,
    "level": lambda language, name: level_name(language, name) if name in set(Level) else name,
    "region": lambda language, name: label(language, "nationwide") if name == Scope.NATIONAL else name,
    "seen": label,
}


def keys() -> list[str]:
    return list(_LABELS)
