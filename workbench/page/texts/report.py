"""What only the report says."""

from workbench.page.texts.text import Texts

REPORT: Texts = {
    "report_all": ("All systems", "全部系统"),
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
        "Every article of the corpus was scored for every query from the vectors in the LanceDB "
        "table; ranks are exact, in the order of score and article id.",
        "对每个问题，用 LanceDB 表中的向量为语料中每一条法条计分；排名是精确的，按分数与法条编号排序。",
    ),
    "method averages": (
        "Averages run over all judged queries; one without a hit counts 0. Of several relevant "
        "articles the best-ranked counts.",
        "平均值对全部已标注问题计算，未命中计 0；有多个相关法条时取排名最高者。",
    ),
    "method differences": (
        "Differences are paired: 95 % percentile bootstrap over queries and a sign-flip randomisation "
        "test, seeded, 9,999 resamples.",
        "差值为配对比较：对问题做 95% 百分位自助区间，并做符号翻转随机化检验，固定种子，重采样 9,999 次。",
    ),
    "method outcomes": (
        "Outcomes classify the article on top: correct, superseded (an older version of a relevant article), "
        "same law, national → local, local → national, wrong place, other law; the first that applies. Errors "
        "of scope, those of the wrong scope or place, are told apart by kind.",
        "结果按首位法条分类：正确、旧版法条（相关法条的旧版本）、同一法律、国家→地方、地方→国家、地方不符、其他法律，"
        "取首个符合者。"
        "范围或地方不符者为范围误判，再分种类。",
    ),
    "print_pair": ("Pair", "模型对"),
    "print_set": ("Query set, queries, fingerprint", "查询集、问题数、指纹"),
    "print_index": ("Index build", "索引构建"),
    "print_built": ("{rows:,} articles, built {when}", "{rows:,} 条，构建于 {when}"),
}
