"""Closed classes of English that turn a sentence round: words with their opposites, denials. Data alone."""

from ingest.words import stem

UP = """increase raise grow boost rise accelerate speed expand enlarge maximize maximise amplify higher more larger
    greater faster longer bigger gain elevate elevation extend double triple heighten upregulate quicker growth
    boost strengthen intensify speedup overestimate surge"""
DOWN = """reduce decrease lower cut shrink drop fall decline diminish lessen minimize minimise slow halve fewer less
    smaller slower shorter curtail trim mitigate alleviate downregulate suppress cheaper reduction shrinkage
    attenuate attenuation slowdown lessen deplete underestimate scarce delay fewer ameliorate protect"""
BETTER = """improve enhance better strengthen superior benefit best help upgrade enrich promote facilitate encourage
    beneficial favour favor improvement enhancement stimulate"""
WORSE = """degrade worsen worse hurt harm deteriorate impair inferior weaken worst damage undermine hinder hamper impede
    poor poorer impairment exacerbate degradation deterioration inhibit discourage detrimental"""
PAIRS = (
    (UP, DOWN),
    (BETTER, WORSE),
    (UP, WORSE),
    (BETTER, DOWN),
    ("high highest", "low lowest"),
    ("large largest big", "small smallest"),
    ("long longest", "short shortest"),
    ("fast fastest quick", "slow slowest"),
    ("strong stronger strongest", "weak weaker weakest"),
    ("easy easier simple simpler", "hard harder difficult complex"),
    ("positive positively", "negative negatively"),
    ("enable allow permit", "prevent prohibit preclude forbid"),
    ("include contain", "exclude omit"),
    ("before prior", "after"),
    ("most many majority", "few minority"),
    ("always", "never"),
    ("succeed success successful", "fail failure"),
    ("necessary essential required", "unnecessary"),
    ("support confirm", "refute contradict disprove"),
    ("efficient", "inefficient"),
    ("activate induce trigger stimulate", "inhibit block deactivate repress"),
    ("expensive costly", "cheap inexpensive cheaper"),
    ("preserve maintain retain keep", "destroy discard lose sacrifice"),
    ("sparse", "dense"),
    ("local", "global"),
    ("maximum", "minimum"),
    ("upper", "lower"),
    ("supervised", "unsupervised"),
    ("similar same identical comparable", "different distinct"),
    ("start begin", "end stop cease"),
    ("gain", "loss"),
    ("add insert", "remove delete eliminate"),
    ("advantage strength", "disadvantage weakness drawback"),
    ("above", "below"),
)
# What is good when it is small: 'improves latency' and 'reduces latency' say the same.
COSTS = frozenset(
    map(
        stem,
        """latency memory cost time overhead error loss energy delay complexity size footprint bandwidth perplexity
    usage consumption bias noise variance risk gap regret communication storage rate computation runtime power
    traffic parameters hallucination hallucinations artifacts flops burden mortality toxicity forgetting""".split(),
    )
)
NEGATORS = frozenset(
    """not no without never cannot neither nor none nothing hardly rarely barely doesn isn don aren wasn weren
    didn couldn wouldn won fails fail failed failing unable unrelated independent independently ineffective
    irrelevant unaffected""".split()
)
# Near a denial without being one: what stands behind them counts as neither affirmed nor denied.
SOFT = frozenset(
    """little minimal negligible marginal slight slightly minor minimally few limited non free lack lacks lacking
    absent absence instead unlike than prevent prevents preventing avoid avoids avoiding avoided eliminate
    eliminates eliminating eliminated remove removes removing removed obviate obviates obviating bypass
    bypasses bypassing escape escapes escaping overcome overcomes overcoming circumvent circumvents
    circumventing resolve resolves resolving unique almost beyond""".split()
)
