"""What a sentence of an abstract is there to do: open the field, state the problem, the idea, a result, a limit.

Read from its turns of phrase and its place. Knows no question and no paper.
"""

import re
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache


class Role(StrEnum):
    """What a sentence does in an abstract."""

    BACKGROUND = "background"
    PROBLEM = "problem"
    IDEA = "idea"
    RESULT = "result"
    LIMITS = "limits"


def _cues(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE | re.VERBOSE)


OWN = r"""(?:we|this\ (?:paper|work|study|article|thesis|dissertation|report|survey|manuscript)
    |our\ [\w-]+(?:\ [\w-]+)?)"""
PROPOSES = _cues(
    rf"""\b{OWN}\b[^.;]{{0,60}}?\b(?:propos|introduc|present|develop|design|devis|describ|build|built|creat|contribut
    |offer|ameliorat|releas|unveil|formulat)\w*
    |\bour\ (?:approach|method|framework|model|system|algorithm|idea)\b[^;]{{0,60}}?\b(?:leverag|employ|combin|learn
    |extend|integrat
    |adapt|replac|exploit|uses\b|using\b)\w*|\bnamed\b
    |\b(?:key|main|core|central)\ (?:idea|insight|innovation|contribution)s?\b|^(?:Introducing|Meet)\b"""
)
STUDIES = _cues(
    rf"""\b{OWN}\b[^.;]{{0,40}}?\b(?:stud(?:y|ies)|investigat|explor|examin|analy[sz]e|revisit|argu|address|tackl
    |focus|train
    |construct|leverag|us(?:e|es|ing)\b|apply|applies|employ|adopt|combin|extend|deriv|defin|consider|aim|seek|replac
    |supplement|complement|identif|establish|discover|uncover|advocat|clos|bridg|synthesi[sz]|collect|integrat
    |incorporat|decompos|cast|learn|mov|partition|overlap|survey|review|characteri[sz]|quantif|measur|compar|prov(?:e
    |ide))\w*"""
)
STEPS = _cues(
    r"""^(?:Specifically|Concretely|In\ particular|Technically|First(?:ly)?|Second(?:ly)?|Third(?:ly)?|Then|Finally
    |Moreover
    |Furthermore|Additionally|In\ addition|Instead|By\ \w+ing|At\ its\ core|Unlike)\b
    |\b(?:is|are)\ (?:proposed|introduced|presented|developed)\b
    |\b(?:consists?\ of|based\ on|builds?\ on|works?\ by|comprises?|relies\ on|inspired\ by|thereby)\b"""
)
# 'FedZip implements', 'The framework decomposes', but not 'FedZip outperforms'
DOES = _cues(
    r"""(?:^(?:The|Our)\ (?:proposed\ )?(?:method|approach|framework|model|system|algorithm|architecture|pipeline
    |design)|^It
    |(?:^|,\ )(?-i:[A-Z])[\w-]*(?-i:[a-z\d][A-Z]|[A-Z][A-Z\d]|-[A-Z\d])[\w-]*)\s+(?:\w+ly\ )?
    (?!(?:is|has|was|this|outperforms|achieves|improves|surpasses|reduces|shows|exceeds|reaches|generali[sz]es|yields
    |attains
    |sets|matches|delivers|demonstrates|exhibits)\b)[a-z]+s\b"""
)
TROUBLE = _cues(
    r"""\b(?:challeng|suffer|bottleneck|hinder|hamper|imped|prohibitiv|struggl|inefficien|difficult|drawback|overlook
    |neglect|under-?explored|unexplored|infeasib|impractical|intractab|insufficien|unclear|obstacle|degrad|inadequa
    |deteriorat|sub-?optimal|costly|expensive|scarc|problematic|unreliab|vulnerab|ignor|constrain|restrict)\w*
    |\bfail(?:s|ed|ure|ing)?\b|\black(?:s|ing)?\b|\blimit(?:s|ed|ing|ation|ations)?\b|\bissues?\b|\bgaps?\b
    |\bproblems?\b
    |\bdemand(?:s|ing)?\b|\brequires?\b|\bremains?\b|\b(?:not|rarely|little|poorly)\b|\bcannot\b|\btoo\b|\bhigh\ cost
    |\boverhead
    |\bconcerns?\b|\bat\ the\ (?:cost|expense)\b|\brisks?\b|\bheav(?:y|ily)\b|\bloses?\b|\bburden"""
)
OTHERS = _cues(
    r"""\b(?:existing|prior|previous|current|conventional|traditional|recent|standard|state-of-the-art|most|many)[ ]
    (?:[\w-]+\ ){0,3}(?:methods?|approach(?:es)?|work|works|techniques?|models?|systems?|studies|solutions?
    |frameworks?
    |benchmarks?|datasets?|algorithms?|research|efforts|strategies|practices?|evaluations?)\b"""
)
TURNS = _cues(r"^(?:However|But|Yet|Unfortunately|Nevertheless|Nonetheless|Still|Despite|Although|While|Though)\b")
BUT = _cues(r"\b(?:but|yet|however|while|although|despite|unfortunately)\b")
PRAISES = _cues(
    r"\b(?:has|have)\ (?:\w+ly\ )?(?:emerged|shown|achieved|demonstrated|become|revolutioni[sz]ed)\b|\bpowerful\b"
    r"|\bremarkable\b"
)
MEASURES = _cues(
    r"""\b(?:experiment|evaluat|empiric|benchmark|outperform|surpass|exceed|achiev|demonstrat|reach)\w*
    |\b(?:results?|findings?)\b|\bstate[- ]of[- ]the[- ]art\b|\b(?:show|shows|shown|found|find|finds|reveals?|observe
    |indicates?)\b
    |\b(?:improv|reduc|increas|accelerat|boost|decreas|sav|cut|yield|gain)\w*\b|\bspeed-?ups?\b|\bcompar(?:ed|able
    |ably|ison)\b
    |\bup\ to\b|\bfaster\b|\bfewer\b|\bwe\ (?:also\ )?(?:show|find|found|observe|discover|demonstrate|validate|verify
    |prove)"""
)
FIGURE = re.compile(
    r"\d[\d.,]*\s?(?:\\?%|percent|\$?\\?times|[x×]\b|×|fold\b|points?\b|[GMK]i?B\b|ms\b|dB\b|hours?\b|FPS\b|[BM]\b)"
    r"|\b(?:half|twice|tenfold|an order of magnitude|orders of magnitude|state[- ]of[- ]the[- ]art)\b",
    re.IGNORECASE,
)
# Said of the paper's own work, near the end of its abstract.
ADMITS = _cues(
    r"""\b(?:our|its|this|the)\ (?:own\ |main\ |current\ |key\ )?(?:\w+\ )?limitations?\b(?=.{0,40}\b(?:is|are
    |include|lie)\b)
    |\bits\ (?:utility|strengths?|potential|promise|advantages?|benefits?)\ and\ (?:its\ )?(?:limitations
    |weaknesses)\b
    |\bcaveats?\b|\bwe\ (?:caution|cannot|acknowledge)\b|\bleft\ (?:for|to)\ future\b|\bwe\ leave\b
    |\bwe\ (?:do|did)\ not\ (?:provide|claim|release|address|consider|evaluate|propose|study|cover|measure|test)\b
    |\b(?:is|are)\ not\ (?:universally|always|guaranteed|applicable|sufficient)\b|\b(?:is|are)\ limited\ to\b
    |\bdo(?:es)?\ not\ (?:claim|eliminate|generali[sz]e|prevent|transfer|always|scale|hold|extend|fully|cover)\b
    |\b(?:works?|holds?|effective|helps?|beneficial|useful)\ only\ (?:when|if|for|in|on|with|under)\b
    |\bonly\ (?:works?|holds?|helps?)\b|\b(?:scaling|method|approach|it)\ fails\ (?:when|for|on|under|in)\b
    |\b(?:it|its\ .{0,40}|our\ .{0,40})\ still\ (?:lags?|falls?\ short|trails?|underperforms?|requires?|needs?)\b
    |\bfalls?\ below\b|^While\b.{0,120}\broom\ for\ improvement\b|\bat\ the\ (?:cost|expense)\ of\b
    |\bdiminishing\ returns?\b
    |\bcomes?\ (?:with|at)\ (?:a|the)\ (?:cost|price|trade)"""
)
PRICE = _cues(
    r"""\b(?:accuracy|performance|quality|precision|score|perplexity)\ (?:drop|loss|degradation|penalty)\b
    |\b(?:drop|loss|degradation)\ (?:in|of)\b|\btrade-?offs?\b"""
)
# What a limit is not, though it has the words: others' limits, and those it does away with.
OVERCOMES = _cues(
    r"""\b(?:overcom|address|mitigat|tackl|resolv|alleviat|solv|avoid|without|remov|circumvent|existing|prior
    |previous|current
    |baseline|traditional|conventional|whereas|LLMs|MLLMs|LMMs|VLMs|(?:best|strongest|leading|frontier|today)\b)\w*
    |\bto\ (?:this|these|the)\ end\b|\bnot\ (?:only|just|merely|come|increase)\b|\b(?:no|negligible|zero|favou?rable
    |better)\b
    |\b\d+\ (?:\w+\ ){0,2}(?:models|systems|agents)\b"""
)
REPORTS = _cues(
    r"""^\W*(?:[\w,-]+\ ){0,5}?(?:experiment\w*|evaluations?|evaluating|evaluated|results|empirical\w*|findings
    |comparisons?|ablations?)\b"""
)
SHARES = _cues(
    r"""\b(?:codes?|weights|checkpoints?|repository|project\ (?:page|website)|demo)\b.{0,80}\b(?:available|released?
    |accessible|open|found
    |seen|at)\b|\bwe\ (?:hope|believe|anticipate)\b|https?:|\bgithub\b|\bopen[- ]sourc(?:ed|ing)\b"""
)
ADDS = _cues(
    r"""^(?:First(?:ly)?|Moreover|Furthermore|Additionally|In\ addition|Also|Finally|Next|Then|Second(?:ly)?
    |Third(?:ly)?|We\ (?:also|further))\b"""
)
# Sentences that say nothing by themselves: they point on, or back.
POINTS = re.compile(
    r"\b(?:following|as follows|two ?folds?|below)\b|:$|^(?:This|These|It|They|Such|That|Those|Its|Their)\b"
)
AIMS = re.compile(r"\b(?:aims?|seeks?|goal|delves?)\b", re.IGNORECASE)
WE = re.compile(r"\b(?:we|our|ours)\b", re.IGNORECASE)
LATEST_TURN = 0.85  # share of an abstract by which it has come to its own work, if it says so at all
ADMITTED = 1.5  # strength of a limit, which is rare and said in words of its own
LATE = 0.5  # place in the abstract from which on a limit is the paper's own


def turning_point(sentences: Sequence[str]) -> int:
    """The index of the first sentence that tells of the paper's own work; 0 where the last half has none before it."""
    first = next((i for i, text in enumerate(sentences) if _is_own(text)), 0)
    return first if first < max(2, LATEST_TURN * len(sentences)) else 0


def _is_own(sentence: str) -> bool:
    return bool(PROPOSES.search(sentence) or STUDIES.search(sentence)) and not TURNS.search(sentence)


@lru_cache(maxsize=20_000)
def weigh(sentence: str, position: float, *, opening: bool = False) -> dict[Role, float]:
    """How strongly a sentence at `position` (0 first to 1 last in its abstract) plays each role, 0 to about 1.5.

    `opening` tells that it stands before the abstract's turning point, so what it says is of the field.
    """
    proposes, studies = bool(PROPOSES.search(sentence)), bool(STUDIES.search(sentence))
    own = proposes or studies or bool(WE.search(sentence))
    turns, others, figure = (bool(cue.search(sentence)) for cue in (TURNS, OTHERS, FIGURE))
    praises = bool(PRAISES.search(sentence)) and not BUT.search(sentence)
    reports, shares = bool(REPORTS.search(sentence)), bool(SHARES.search(sentence)) and not figure
    trouble = len({found[0].casefold() for found in TROUBLE.finditer(sentence)})
    measures = len({found[0].casefold() for found in MEASURES.finditer(sentence)})
    early, late = max(0.0, 1 - 1.6 * position), max(0.0, position - 0.4)
    problem = 0.35 * min(trouble, 2) + 0.3 * turns + 0.3 * others + 0.1 * early - 0.3 * praises
    if opening:
        return {
            Role.BACKGROUND: 0.5,
            Role.PROBLEM: problem if trouble or (turns and others) else 0.0,
            Role.IDEA: 0.0,
            Role.RESULT: 0.0,
            Role.LIMITS: 0.0,
        }
    does = max(0.6 * bool(DOES.search(sentence)), 0.3 * bool(STEPS.search(sentence)))
    idea = 1.0 * proposes + 0.55 * (studies and not proposes) + does
    idea -= (
        0.3 * figure
        + 0.4 * late
        + 0.4 * (turns and not own)
        + 0.6 * reports
        + shares
        + 0.3 * bool(ADDS.search(sentence))
        + 0.2 * bool(AIMS.search(sentence))
    )
    result = 0.25 * min(measures, 3) + 0.6 * figure + 0.6 * late + 0.3 * reports
    result -= 0.5 * (proposes and not reports) + 0.5 * early * (not own) + 0.5 * (turns and not figure) + shares
    of_others = 0.0 if own else 0.5 * early + (0.3 * (not measures) + 0.2 * (not trouble)) * (1 - position)
    is_problem = trouble or (turns and others)
    admits = position >= LATE and ADMITS.search(sentence) and not OVERCOMES.search(sentence)
    return {
        Role.BACKGROUND: 1.0 if shares else of_others,
        Role.PROBLEM: max(0.0, problem - 0.8 * own - 0.5 * figure - 1.2 * late) if is_problem else 0.0,
        Role.IDEA: max(0.0, idea),
        Role.RESULT: max(0.0, result),
        Role.LIMITS: ADMITTED if admits else 0.0,
    }


def role(sentence: str, position: float) -> Role:
    """What a sentence at `position` (0 first to 1 last in its abstract) mainly does."""
    weights = weigh(sentence, position)
    return max(weights, key=lambda each: weights[each])


def admits_price(sentence: str) -> bool:
    """Whether a sentence says what its gain costs."""
    return bool(PRICE.search(sentence)) and not OVERCOMES.search(sentence)
