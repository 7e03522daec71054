"""What the page says, in English and Chinese."""

LANGUAGES = {"en": "EN", "zh": "中文"}

_LABELS: dict[str, tuple[str, str]] = {
    # key: (English, 中文)
    "title": ("LawVault workbench", "LawVault 检索对比台"),
    "corpus": ("{articles:,} articles · {national:,} national · {local:,} local", "{articles:,} 条 · 国家 {national:,} · 地方 {local:,}"),
    "stand_in": (
        "Demo pair: two small models trained on this machine stand in for EmbeddingGemma and LawVault. The local regulations are synthetic, made from national law by rule.",
        "演示模型：用本机训练的两个小模型代替 EmbeddingGemma 与 LawVault。地方性法规为按规则由国家法律改写的虚构文本。",
    ),
    "dim": ("Vector length", "向量维度"),
    "query_set": ("Query set", "查询集"),
    "language": ("Language", "语言"),
    "question": ("Question", "问题"),
    "placeholder": (
        "Ask a legal question in your own words, e.g. 老板拖着工资不发，我该找谁？",
        "用自己的话提问，例如：老板拖着工资不发，我该找谁？",
    ),
    "ask": ("Ask", "检索"),
    "try": ("Try", "试试"),
    "more_samples": ("All sample queries", "全部示例问题"),
    "searching": ("Searching with {count} models …", "正在用 {count} 个模型检索……"),
    "loading_model": ("Loading the models (first own question only) …", "正在加载模型（仅首次提问时）……"),
    "measuring": ("Ranking {count} judged queries exactly …", "正在精确计算 {count} 个已标注问题的排名……"),
    "opening": ("Opening the index …", "正在打开索引……"),
    "national": ("NATIONAL", "国家"),
    "local": ("LOCAL", "地方"),
    "synthetic": ("synthetic", "虚构"),
    "relevant": ("relevant", "相关"),
    "relevant_ranks": ("Where the relevant articles stand", "相关法条的排名"),
    "rank_of": ("rank", "排名"),
    "elsewhere": ("{label}: rank {rank:,}", "{label}：第 {rank:,} 名"),
    "moved_up": ("↑ {places:,}", "↑ {places:,}"),
    "moved_down": ("↓ {places:,}", "↓ {places:,}"),
    "unmoved": ("=", "="),
    "full_text": ("full text", "全文"),
    "close": ("close", "收起"),
    "times": ("encoding {encoding} · search {search:.0f} ms", "编码 {encoding} · 检索 {search:.0f} 毫秒"),
    "ms": ("{value:.0f} ms", "{value:.0f} 毫秒"),
    "kept": ("kept from before", "已有缓存"),
    "agreement": ("The lists share {overlap} of {depth} articles · RBO {rbo:.2f}", "两列共有 {overlap}/{depth} 条 · RBO {rbo:.2f}"),
    "search_note": (
        "Lists: LanceDB exact search, inner product of unit vectors, {dim} dimensions. Ranks: every article scored from the same columns.",
        "列表：LanceDB 精确检索，单位向量内积，{dim} 维。排名：对同一列全部法条逐一计分。",
    ),
    "unjudged": (
        "This question is not in the query set, so no article is marked as relevant.",
        "该问题不在查询集中，因此没有标注相关法条。",
    ),
    "judged_as": ("Judged query {query_id}", "已标注问题 {query_id}"),
    "RR@10": ("MRR@10", "MRR@10"),
    "Success@10": ("Hit rate@10", "命中率@10"),
    "Success@1": ("Top-1 accuracy", "首位准确率"),
    "nDCG@10": ("nDCG@10", "nDCG@10"),
    "errors": ("National → local errors", "国家→地方误判"),
    "tile_help_errors": ("questions about national law with a local article on top", "答案在国家法律，首位却是地方条文"),
    "correct": ("correct", "正确"),
    "same law": ("same law, other article", "同一法律，条文不同"),
    "local→national": ("local → national", "地方→国家"),
    "national→local": ("national → local", "国家→地方"),
    "wrong region": ("wrong place", "地方不符"),
    "other law": ("other law", "其他法律"),
    "interval": ("{low:+.2f} to {high:+.2f}", "{low:+.2f} 至 {high:+.2f}"),
    "p": ("p {p}", "p {p}"),
    "won": ("{wins} won · {ties} tied · {losses} lost", "胜 {wins} · 平 {ties} · 负 {losses}"),
    "won_note": ("reciprocal rank, question by question", "逐题比较倒数排名"),
    "averages": (
        "{name}: {count} judged queries, {dim} dimensions. Differences: 95 % paired bootstrap interval; p: paired randomisation test.",
        "{name}：{count} 个已标注问题，{dim} 维。差值：95% 配对自助区间；p：配对随机化检验。",
    ),
    "unresolved": ("{count} queries cite articles that this corpus lacks and are left out.", "{count} 个问题引用的法条不在本语料中，未计入。"),
    "aggregate": ("Over the whole query set", "整个查询集"),
    "chart_title": ("Mean of each measure over {count} queries at {dim} dimensions", "{count} 个问题的各项平均指标（{dim} 维）"),
    "per_query": ("Every judged query, most improved first", "逐题结果，改进最大者在前"),
    "col_query": ("Question", "问题"),
    "col_topic": ("Topic", "主题"),
    "col_style": ("Style", "风格"),
    "col_rank": ("Rank, {label}", "排名 · {label}"),
    "col_outcome": ("Outcome, {label}", "结果 · {label}"),
    "col_gain": ("Gain in RR", "RR 增益"),
    "open_hint": ("Select a row to open that question above.", "选中一行即可在上方打开该问题。"),
    "url_fallback": (
        'The link asked for {name} "{found}", which this page does not have; {used} is shown instead.',
        "链接中的 {name}「{found}」不存在，已改用 {used}。",
    ),
    "fault": ("{subject}: {found}.", "{subject}：{found}。"),
    "remedy": ("What to do: {remedy}.", "解决办法：{remedy}。"),
}


def label(language: str, key: str, **values: object) -> str:
    """The text of `key` in a language of LANGUAGES, with `values` filled in."""
    return _LABELS[key][list(LANGUAGES).index(language)].format(**values)


def keys() -> list[str]:
    return list(_LABELS)
