"""What Search says."""

from workbench.page.texts.text import Texts

SEARCH: Texts = {
    "question": ("Question", "问题"),
    "placeholder": (
        "Ask a legal question in your own words, e.g. 老板拖着工资不发，我该找谁？",
        "用自己的话提问，例如：老板拖着工资不发，我该找谁？",
    ),
    "try": ("Sample questions", "示例问题"),
    "next_example": ("Next example", "下一个示例"),
    "to_examples": ("Worked example", "回到示例"),
    "example": ("Worked example {number} of {count}: {text}", "示例 {number}/{count}：{text}"),
    "columns of 2": (
        "Each column is one model's ranking of the same {articles:,} articles for this question.",
        "每一列是一个模型就此问题对同样 {articles:,} 条法条的排序。",
    ),
    "columns of 1": (
        "The model's ranking of all {articles:,} articles for this question.",
        "该模型就此问题对全部 {articles:,} 条法条的排序。",
    ),
    "better": (
        "{better} does better: the article that answers the question (✓ relevant) is its {rank}; {worse} has it at {other}",
        "{better} 更好：能回答该问题的法条（✓ 相关）在其中排{rank}，在 {worse} 中排{other}",
    ),
    "below": ("{said}, with {top} on top", "{said}，首位却是{top}"),
    "full_stop": ("{said}.", "{said}。"),
    "even": (
        "Even: both rank the article that answers the question (✓ relevant) {rank}.",
        "不分高下：两者都把能回答该问题的法条（✓ 相关）排在{rank}。",
    ),
    "rank_at": ("no. {rank:,}", "第 {rank:,} 名"),
    "rank_none": ("no place (not retrieved)", "榜外（未检索到）"),
    "top_right": ("✓ relevant article on top", "✓ 首位就是相关法条"),
    "top_wrong": ("✗ {top} on top · relevant article: {rank}", "✗ 首位是{top} · 相关法条：{rank}"),
    "top copy": ("a local copy of it", "其地方性副本"),
    "top local": ("a local regulation", "地方性法规"),
    "top national instead": ("a national law", "国家法律"),
    "top place": ("another place's regulation", "其他地方的法规"),
    "top other": ("another article", "其他法条"),
    "options": ("Filters and depth", "筛选与条数"),
    "options_set": ("Filters and depth: {count} set", "筛选与条数：已设 {count} 项"),
    "copy_link": ("Copy link", "复制链接"),
    "copied": ("Link copied", "已复制链接"),
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
    "as_of": ("In force on", "当日有效"),
    "as_of_help": (
        "Only versions of a law that were in force on that day; articles without dates count as in force.",
        "只检索当日有效的版本；没有日期的法条视为有效。",
    ),
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
    "relevant_nowhere": ("the relevant article is not retrieved", "未检索到相关法条"),
    "relevant_at": ("the relevant article is ranked {rank:,}", "相关法条排第 {rank:,} 名"),
    "taken_for_granted": ("Taken for granted: {said}", "读取时的推定：{said}"),
    "with_own_document": (
        "Queries that have the id of a document, which is left out of the query's rankings, as BEIR does: {count:,}",
        "编号与某文档编号相同的问题（按 BEIR 惯例，该文档不参与该问题的排名）：{count:,}",
    ),
    "own_documents_left_out": (
        "Left out, as it has this question's own id: {names}",
        "以下文档的编号与该问题相同，不参与排名：{names}",
    ),
    "judged_as": ("judged query {query_id} of {name}", "查询集 {name} 的已标注问题 {query_id}"),
    "unjudged": (
        "This question is in no query set, so no article is marked as relevant.",
        "该问题不在任何查询集中，因此没有标注相关法条。",
    ),
    "elsewhere": ("{label}: {rank}", "{label}：{rank}"),
    "nth": ("rank {rank:,}", "第 {rank:,} 名"),
    "no_match": ("no match", "无匹配"),
    "beyond": ("not retrieved (beyond {depth:,})", "未检索到（{depth:,} 名之外）"),
    "no_hits": ("No article matches this question.", "没有法条与该问题匹配。"),
    "too_short": (
        "The question is shorter than the runs of characters that this system searches: `ngram = [1, 2]` in the pair file has "
        "it search single characters as well.",
        "该问题比此系统检索的字符串还短：在模型对文件中写 `ngram = [1, 2]`，即可同时检索单字。",
    ),
    "not_asked": (
        "This system is a run file, which holds only the questions that it was asked: not this one.",
        "该系统是一个运行结果文件，只含当时提过的问题，没有这一个。",
    ),
    "third": ("Third column", "第三列"),
    "no_third": ("none", "无"),
    "moved_up": ("↑ {places:,}", "↑ {places:,}"),
    "moved_down": ("↓ {places:,}", "↓ {places:,}"),
    "unmoved": ("=", "="),
    "new": ("new", "新进入"),
    "gone": ("gone", "已退出"),
    "published": ("published {date}", "{date} 公布"),
    "effective": ("in force from {date}", "{date} 施行"),
    "close": ("close", "收起"),
    "search_time": ("search {search:.0f} ms", "检索 {search:.0f} 毫秒"),
    "times": ("encoding {encoding} · search {search:.0f} ms", "编码 {encoding} · 检索 {search:.0f} 毫秒"),
    "ms": ("{value:.0f} ms", "{value:.0f} 毫秒"),
    "cached": ("cached", "已有缓存"),
    "agreement": (
        "The lists share {overlap} of {depth} articles · RBO {rbo:.2f}",
        "两列共有 {overlap}/{depth} 条 · RBO {rbo:.2f}",
    ),
    "search_note": (
        "Lists: LanceDB exact search, inner product of unit vectors, {dim} dimensions. Ranks: every "
        "article scored from the same columns.",
        "列表：LanceDB 精确检索，单位向量内积，{dim} 维。排名：对同一列全部法条逐一计分。",
    ),
    "search_note_lexical": (
        "{label}: LanceDB full-text search, every match scored by BM25",
        "{label}：LanceDB 全文检索，以 BM25 对每条匹配法条计分",
    ),
    "search_note_fusion": (
        "{label}: the full rankings of the systems that it is of, fused",
        "{label}：由各组成系统的完整排名融合而成",
    ),
    "search_note_run": ("{label}: as its run file lists them", "{label}：按运行结果文件所列"),
    "ann_note": (
        "Lists: LanceDB approximate search; of its hits, exact search finds too: {found}. Ranks: "
        "every article scored.",
        "列表：LanceDB 近似检索；其中精确检索也能找到：{found}。排名：对全部法条逐一计分。",
    ),
    "filter_note": (
        "Only articles that the filter lets through were searched; ranks beside hits count among "
        "them, ranks of relevant articles in the whole corpus.",
        "仅检索符合筛选条件的法条；命中旁的排名在其中计算，相关法条的排名在整个语料中计算。",
    ),
}
