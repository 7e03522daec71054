"""What the header says, and every part of the page: notes and faults."""

from workbench.page.texts.text import Texts

COMMON: Texts = {
    "title": ("LawVault workbench", "LawVault 检索对比台"),
    "corpus": (
        "{articles:,} articles · {national:,} national · {local:,} local",
        "{articles:,} 条 · 国家 {national:,} · 地方 {local:,}",
    ),
    "stand_in": (
        "Demo pair: two small models trained on this machine stand in for EmbeddingGemma and "
        "LawVault. The local regulations are synthetic, made from national law by rule.",
        "演示模型：用本机训练的两个小模型代替 EmbeddingGemma 与 LawVault。地方性法规为按规则由国家法"
        "律改写的虚构文本。",
    ),
    "left_out": (
        "{count:,} articles are left out for all systems: no vector from {systems}.",
        "有 {count:,} 条未收入（对所有模型一致）：{systems} 未能给出其向量。",
    ),
    "other_similarity": (
        "{system} declares the similarity {declared}; cosine is measured here, which leaves the vectors' norms out.",
        "{system} 声明的相似度是 {declared}；此处按余弦测量，不计向量的模长。",
    ),
    "as_table": ("This chart as a table", "以表格查看此图"),
    "measure": ("Measure", "指标"),
    "system": ("System", "系统"),
    "slice": ("Group", "分组"),
    "mean_short": ("Mean", "平均值"),
    "compared_short": ("Compared", "对比模型"),
    "p_value": ("p", "p"),
    "p_holm": ("p after Holm", "p（Holm 校正）"),
    "top_short": ("On top", "首位"),
    "sections": ("Sections", "各部分"),
    "present": ("Present", "演示"),
    "leave_present": ("Leave the presenter's view", "退出演示"),
    "of_dims": ("{dim} dimensions", "{dim} 维"),
    "of_set": ("Query set: {name}", "查询集：{name}"),
    "dim": ("Dimensions", "维度"),
    "query_set": ("Query set", "查询集"),
    "language": ("Language", "语言"),
    "baseline": ("Baseline", "基线"),
    "compared": ("Compared with", "对比模型"),
    "url_fallback": (
        'The link asked for {name} "{found}", which this page does not have; {used} is shown instead.',
        "链接中的 {name}「{found}」不存在，已改用 {used}。",
    ),
    "fault": ("{subject}: {found}.", "{subject}：{found}。"),
    "wanted": ("wanted: {wanted}", "应为：{wanted}"),
    "remedy": ("What to do: {remedy}.", "解决办法：{remedy}。"),
}
