"""The turns of phrase that tell what a sentence of an abstract is there to do, as patterns. Data alone."""

import re


def _cues(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE | re.VERBOSE)


OWN = r"""(?:we|the\ paper|this\ (?:paper|work|study|article|thesis|dissertation|report|survey|manuscript)
    |our\ [\w-]+(?:\ [\w-]+)?)"""
PROPOSES = _cues(
    rf"""\b{OWN}\b[^.;]{{0,60}}?\b(?:propos|introduc|present|develop|design|devis|describ|build|built|creat
    |contribut(?:es?|ing)\b|offer|ameliorat|releas|unveil|formulat)\w*
    |\bour\ (?:approach|method|framework|model|system|algorithm|idea)\b[^;]{{0,60}}?\b(?:leverag|employ|combin|learn
    |extend|integrat
    |adapt|replac|exploit|uses\b|using\b)\w*|\bnamed\b
    |\b(?:key|main|core|central)\ (?:idea|innovation|contribution)s?\b
    |\b(?:our|the|its|a)\ (?:key|main|core|central)\ insights?\b
    |^(?:Introducing|Meet)\b"""
)
STUDIES = _cues(
    rf"""\b{OWN}\b[^.;]{{0,40}}?\b(?:stud(?:y|ies)|investigat|explor|examin|analy[sz]e|revisit|argu|address|tackl
    |focus|train
    |construct|leverag|us(?:e|es|ing)\b|apply|applies|employ|adopt|combin|extend|deriv|defin|consider|aim|seek|replac
    |supplement|complement|identif|establish|discover|uncover|advocat|clos|bridg|synthesi[sz]|collect|integrat
    |incorporat|decompos|cast|learn|mov(?:es?|ing)\b|partition|overlap|survey|review|characteri[sz]|quantif|measur|compar|prov(?:e
    |ide))\w*"""
)
# Any other verb that says what the authors did or looked into, not what they found, wish, know or lack.
ACTS = _cues(
    r"""\b(?:we|this\ (?:paper|work|study|article|report|thesis|survey))[ ]
    (?:\w+ly\ |first\ |then\ |also\ |further\ |next\ |instead\ )*
    (?!(?:also|first|further|then|once|all|both|often|still|never|have|has|had|need|lack|want|wish|live|know|see|saw|hope
    |believe|expect|anticipate|envision|release|can|cannot|could|should|must|may|might|will|would|do|does|did|are|is
    |were|was|face|find|found|show|shows|shown|observe|discover|demonstrate|validate|verify|achieve|achieves|obtain
    |obtains|get|reach|attain|improves|outperform|reveal|reveals|report|reports|conclude|note|remain|suggest|suggests|argue|confirm|benefit)\b)[a-z]{3,}\b"""
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
    |\bproblems?\b(?![ -]solving)
    |\bdemand(?:s|ing)?\b|\brequires?\b|\bremains?\b|\b(?:not|rarely|little|poorly)\b|\bcannot\b|\btoo\b|\bhigh\ cost
    |\boverhead
    |\bconcerns?\b|\bat\ the\ (?:cost|expense)\b|\brisks?\b|\bheav(?:y|ily)\b|\bloses?\b|\bburden
    |\b(?:lags?|lagging)\ behind\b|\bless\ \w+|\b(?:reduced|lower|poor)\ (?:accuracy|performance|quality)
    |\bthere\ (?:is|are)\ no\b|\bno\ (?:\w+\ )?(?:standard|principled|systematic|unified
    |open)\w*
    |\b(?:discard|conflat|omit|miss(?:es|ing)|shortcoming|weakness|instabilit|unstable|brittle|prone\ to|hallucinat
    |underperform|time-consuming|labor-intensive|tedious|cumbersome|redundan|mismatch|shortag|dilemma|trade-?off|collaps
    |distort|violat|hard(?:er)?\ to|imprecis|noisy|slow\b|biased|under-?examined|little[- ]known|open\ question|misalign
    |error-prone)\w*"""
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
    r"(?<![\w.][-–])\d[\d.,]*\s?(?:\\?%|percent|\$?\\?times|[x×]\b|×|fold\b|points?\b|[GMK]i?B\b|ms\b|dB\b|hours?\b|FPS\b|[BM]\b)"
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
    r"""\b(?:codes?|weights|checkpoints?|repository|project\ (?:page|website)|demo)\b.{0,80}\b(?:available|released
    |publicly|accessible|open-sourced)\b
    |\b(?:codes?|weights|checkpoints?|demo)\b.{0,60}\b(?:is|are|be)\ (?:\w+ly\ )?(?:provided|published|found
    |seen|here|open)\b
    |\b(?:we|will|to)\ (?:\w+ly\ |also\ |will\ )?(?:release|provide|share|publish)\b.{0,60}\b(?:codes?|weights
    |checkpoints?)\b
    |\b(?:made?|are|is|be)\b.{0,80}\b(?:publicly|freely|openly)\ (?:available|accessible|released)\b
    |\bwe\ (?:\w+ly\ )?release\ the\b|\bwe\ (?:hope|believe|anticipate)\b|https?:|\bgithub\.|\bon\ github\b
    |\bopen[- ]sourc(?:ed|ing)\b"""
)
# What was found, and not only that something was looked into.
OUTCOME = _cues(
    r"""\b(?:show|demonstrat|reveal|outperform|surpass|exceed|achiev|reach|yield|observ|confirm|indicat|suggest|attain)\w*
    |\b(?:finds?|found|improv(?:es|ed|ing)|reduc(?:es|ed|ing)|increas(?:es|ed|ing)|match(?:es|ed|ing)|faster|fewer|prove[sdn]?)\b
    |\bon\ par\b|\bperforms?\b"""
)
# A finding as against what it may be good for.
OUTDOES = _cues(
    r"\boutperform\w*|\bsurpass\w*|\bexceeds?\b|\bconsistent(?:ly)?\ (?:gains?|improv\w+)|\bcompetitive(?:ly)?\b"
    r"|\bsuperior\w*"
    r"|\bon\ par\b|\bcomparable\ to\b|\bgeneralizes?\ better\b"
)
VAGUE = _cues(
    r"""\b(?:highlight|underscor|offer|provid|establish|open|pav|emphasi[sz]|lay|inspir)\w*\b.{0,50}?\b(?:insights?|guid(?:ance|elines?|ing)
    |roles?|importance|necessity|need|potential|foundations?|ways?|avenues?|directions?|resources?|framework|paradigms?|signal)\b"""
)
HERE = re.compile(
    r"^(?:Here\b|(?:In )?(?:this|the present) (?:paper|work|study|article|report|survey)\b)", re.IGNORECASE
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
SOLVES = re.compile(
    r"\b(?:address|tackl|overcom|mitigat|alleviat|resolv|avoid|bridg|circumvent|combat|counter|remed)\w*|\bunlike\b",
    re.IGNORECASE,
)
POINTS_BACK = re.compile(r"\b(?:these|this|such|the|those|both|it)\b(?: \w+)?(?=[,.]|$)", re.IGNORECASE)
