"""What a question asks papers about (memory, speed, limits, …), and what a sentence of an abstract is there to say.

Knows the field's words, no paper and no index.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from ingest.words import stem, stems, tokenize


@dataclass(frozen=True, slots=True)
class Aspect:
    """`words` and `phrases` ask for it, `says` is how an abstract speaks of it, `query` finds such sentences."""

    name: str
    words: str
    phrases: str
    says: str
    query: str


PROBLEM, IDEA, RESULT, LIMITS = "problem", "idea", "result", "limits"
RHETORICAL = (PROBLEM, IDEA, RESULT, LIMITS)
MEASURED = ("memory", "speed", "accuracy", "cost", "energy", "size", "bandwidth")

ASPECTS = (
    Aspect(
        "problem",
        "problem motivation motivated bottleneck challenge issue goal aim purpose task",
        r"what (?:is|was|are) (?:it|they|each|both) (?:for|after)\b|\bwhy (?:is|are|do|does|did)\b",
        "",
        "problem challenge bottleneck that existing methods suffer from",
    ),
    Aspect(
        "idea",
        "idea approach method methodology technique mechanism trick remedy solution architecture algorithm design"
        " strategy principle recipe tackle solve approaches",
        r"\bhow (?:do|does|did) (?:(?!\bdiffer|\bcompare|\bperform).){0,60}?\b(?:work|do|raise|reduce|get|make|achieve"
        r"|handle|avoid|cut|save|shrink|compress|train|choose|decide|differ in (?:how|approach))"
        r"|\bhow (?:each|they|it|both)\b|\bwhat (?:exactly )?(?:do|does|did) (?:each|they|both|it|either)\b"
        r"|\b(?:each|both|either)(?: one| of them)? (?:actually )?(?:do|does|change|changes|propose|proposes)\b"
        r"|\bwhat (?:exactly )?gets\b",
        "",
        "we propose a new method that",
    ),
    Aspect(
        "result",
        "result results finding findings evidence number numbers gain gains improvement improvements savings outcome"
        " conclusion benchmark figures performance reported report claims claim effectiveness",
        r"\bhow (?:well|far|good|small|much better)\b|\b(?:what|which) [\w ]{0,30}\b(?:find|finds|found|show|shows|gain"
        r"|gains|achieve|achieves|reach|reaches|conclude|concludes|save|saves)\b",
        "",
        "experiments show results improvement percent compared to the state of the art",
    ),
    Aspect(
        "limits",
        "limits limitation limitations caveat caveats drawback drawbacks downside downsides weakness weaknesses"
        " shortcoming shortcomings disadvantage disadvantages tradeoff tradeoffs cons pitfalls",
        r"\btrade-offs?\b|\bfails?\b|\bfall short\b|\bfuture work\b|\bwhat (?:is|are) missing\b|\bnot work\b",
        "",
        "limitation trade-off does not future work only fails at the expense of",
    ),
    Aspect(
        "memory",
        "memory ram vram footprint gb gigabytes megabytes",
        r"\bfit (?:in|on|into)\b|\bout of memory\b|\boom\b",
        r"\bmemory|\bV?RAM\b|\b\d+(?:\.\d+)? ?[GMK]i?B\b|\bfootprint|\bcache (?:size|compression|budget)"
        r"|\bstorage|\boffload",
        "reduces peak GPU memory usage footprint GB",
    ),
    Aspect(
        "speed",
        "speed fast faster fastest slow slower slowest latency throughput speedup speedups quick quicker runtime"
        " tokens/s fps realtime accelerate acceleration",
        r"\btok(?:ens?)? ?(?:/|per|a) ?s|\bspeed-?ups?\b|\bhow long\b|\bhow quick|\breal[- ]time\b|\bwall-?clock"
        r"|\b(?:training|inference|decoding|run(?:ning)?) time\b",
        r"\bspeed|\bspeed-?ups?|\bfast|\blatency|\blatencies|\bthroughput|\breal[- ]time|\baccelerat(?:es?|ed|ing|ion)\b"
        r"|\bwall-?clock|\bruntime|\bslow(?:er|down)|\b(?:inference|training|decoding|execution|running|generation"
        r"|processing|response) times?\b|\bper second|\bFPS\b|\b\d+ ?ms\b|\bconverge(?:s|nce)?\b|\bquick",
        "faster speedup latency throughput times",
    ),
    Aspect(
        "accuracy",
        "accuracy accurate quality precision correctness perplexity scores f1 bleu lossless",
        r"\bhow (?:accurate|precise|correct|reliable)\b|\b(?:error|success) rates?\b|\bperformance (?:drop|loss|level)",
        r"\baccura|\bquality|\bprecision\b|\brecall\b|\bF1\b|\bmAP\b|\bBLEU\b|\bperplexity|\berror rates?|\bscores?\b"
        r"|\bloss(?:less)? |\bsuccess rate|\boutperform|\bperformance|\bWER\b|\bFID\b|\bPSNR\b|\bAUC\b|\bpass@|\bstate[- ]of[- ]the[- ]art"
        r"|\bfidelity|\d ?%",
        "accuracy quality performance percent outperforms",
    ),
    Aspect(
        "cost",
        "cost costs cheap cheaper cheapest expensive price flops compute budget affordable gpu-hours overhead",
        r"\bgpu[- ](?:hours?|days?)\b|\bcomputation(?:al|s)?\b|\bhow (?:much|many) (?:compute|flops|gpus?)\b|\$",
        r"\bcosts?\b|\bcheap|\bexpens|\bFLOPs?\b|\bcomputation|\bcompute\b|\bbudget|\boverhead|\bGPU[- ](?:hours?|days?)"
        r"|\$ ?\d|\bUSD|\befficien|\bcomplexity|\bresource",
        "computational cost FLOPs compute budget overhead",
    ),
    Aspect(
        "energy",
        "energy power watt watts joule joules carbon battery electricity co2 emissions",
        r"\bpower (?:draw|consumption|usage|use)\b",
        r"\benerg|\bpower (?:consum|sav|efficien|draw|usage|budget)|\bwatts?\b|\bjoules?|\bcarbon|\bCO2|\bemission"
        r"|\bbatter(?:y|ies)|\belectricity|\b(?:milli|m)W\b|\blow[- ]power|\bpower and\b|\band power\b",
        "energy power consumption watts carbon",
    ),
    Aspect(
        "data",
        "dataset datasets corpus corpora annotations labels samples",
        r"\b(?:what|which|how much|training|train|any|amount of|of|on|the) data\b(?!\w)|\bdata (?:needs?|used|use|sources?"
        r"|requirements?|efficien\w+|hunger)\b",
        r"\bdatasets?|\bdata[- ]?sets?|\bcorp(?:us|ora)|\btraining (?:data|set|examples|samples)|\bsamples\b|\bannotat"
        r"|\b\d[\d,.]*[KMBT]? (?:[\w-]+ ){0,3}(?:tokens|images|videos|examples|samples|hours|pairs|trajectories|tasks"
        r"|questions|instances|problems)\b|\bdata\b|\blabel(?:s|ed)\b|\bcurat",
        "dataset training data samples examples collected",
    ),
    Aspect(
        "hardware",
        "hardware gpu gpus tpu fpga cpu npu chip chips device devices accelerator machine machines",
        r"\b(?:A|H|V|B)\d{2,3}s?\b",
        r"\bGPUs?\b|\bTPUs?\b|\bFPGAs?\b|\bCPUs?\b|\bNPUs?\b|\bASICs?\b|\b[AHVB]\d00\b|\bRTX|\bhardware|\baccelerators?\b"
        r"|\bdevices?\b|\bchips?\b|\bcores?\b|\bCUDA|\bnodes?\b|\bcluster|\bsmartphone|\bmobile|\bnvidia",
        "hardware GPU device accelerator CPU",
    ),
    Aspect(
        "size",
        "size sizes parameters params compression ratio bits bitwidth sparsity",
        r"\bhow (?:big|large)\b|\bmodel sizes?\b|\bcompression (?:rate|ratio)s?\b|\bbit[- ]?widths?\b",
        r"\bparameters?\b|\b\d+(?:\.\d+)?[BM]\b|\bcompress(?:es|ed|ion|ing)?\b|\b\d[- ]?bits?\b|\bsparsity|\bsize\b"
        r"|\bsmaller|\blightweight",
        "model size parameters compression ratio bits",
    ),
    Aspect(
        "bandwidth",
        "bandwidth communication uplink traffic bytes",
        r"\bnetwork (?:load|traffic)\b",
        r"\bbandwidth|\bcommunicat|\btraffic|\btransmi|\buplink|\binterconnect|\ball-?reduce",
        "communication bandwidth traffic transmitted",
    ),
    Aspect(
        "models",
        "llms backbone backbones",
        r"\b(?:what|which) (?:\w+ )?models\b|\bmodels? (?:used|tested|tried|evaluated)\b|\btested on\b|\btried on\b",
        r"\b(?:Llama|LLaMA|GPT|Qwen|Mistral|Gemma|BERT|ViT|ResNet|T5|OPT|Phi|Falcon|DeepSeek|CLIP|Claude|Gemini|YOLO"
        r"|Stable Diffusion|InternVL|LLaVA|Mixtral)[\w.-]*|\b\d+(?:\.\d+)?B\b",
        "models evaluated Llama Qwen GPT Mistral",
    ),
    Aspect(
        "context",
        "",
        r"\bcontext[- ](?:length|window|size)s?\b|\bsequence[- ]lengths?\b|\bhow long (?:a |the )?(?:context|input"
        r"|sequence)s?\b|\blong[- ]context\b",
        r"\bcontexts?\b.{0,20}\b(?:length|window|size)|\blong[- ](?:context|sequence)|\bsequence lengths?|\b\d+[KM]\b"
        r"(?: tokens| context)?",
        "long context length window tokens",
    ),
    Aspect(
        "batch size",
        "",
        r"\bbatch(?:es)?\b(?: ?sizes?)?",
        r"\bbatch(?:es|[- ]?sizes?)?\b",
        "batch size",
    ),
    Aspect(
        "code",
        "github repo repository",
        r"\b(?:is|are|where|the|any|have) (?:\w+ ){0,3}code\b|\bopen[- ]?source|\bcode (?:available|release)|\bweights (?:available|released)",
        r"\bcodes?\b.{0,40}\b(?:available|released?|at)\b|https?://|github|\bopen[- ]?sourc|\bpublicly|\brelease",
        "code available at github released open source",
    ),
)
BY_NAME = {aspect.name: aspect for aspect in ASPECTS}

# The part of a message that asks, where the rest of it tells what the asker is up to.
ASKS = re.compile(
    r"\?\s*$|\b(?:compar\w*|contrast\w*|differ\w*|vs\.?|versus|table|tell|explain|show|give|put|list|add|include|drop"
    r"|remove|without|only|care|interested|matters?|important|row|column|about|on|in terms of)\b",
    re.IGNORECASE,
)
MESSAGE_PARTS = re.compile(r"(?<=[.!?])\s+")
# Aspects that no list holds, named as such: 'in terms of robustness and privacy'.
NAMED = re.compile(
    r"\b(?:in terms of|with (?:respect|regard) to|w\.?r\.?t\.?|regarding|rows? (?:for|on|about|with)|when it comes to)\s+"
    r"(?P<list>[^?.;:!]+)",
    re.IGNORECASE,
)
ITEM = re.compile(r"\s*(?:,|/|&|\band\b|\bor\b|\bas well as\b)\s*", re.IGNORECASE)
FILLER = re.compile(r"^(?:the|their|its|a|an|any|both|each|also|please|how|much)\b\s*|\s*\b(?:too|please|as well)$", re.I)
LONGEST_ITEM = 3  # words of an aspect named in the asker's own
SHORTEST_GUESS = 6  # letters of a word that is recognised with a slip in it; two slips from one and a half times that


def find_aspects(question: str) -> tuple[str, ...]:
    """The aspects a question asks about, in the order it names them; a slip of the keys is forgiven."""
    found: list[str] = []
    parts = [part for part in MESSAGE_PARTS.split(question) if ASKS.search(part)] or [question]
    for part in parts:
        hits = sorted(_hits(part))
        found += [name for _, name in hits]
    return tuple(dict.fromkeys(found))


def _hits(text: str) -> Iterator[tuple[int, str]]:
    for word in re.finditer(r"[A-Za-z][\w/@-]*", text):
        name = _of_word(word[0].casefold())
        if name:
            yield word.start(), name
    for aspect in ASPECTS:
        for found in re.finditer(aspect.phrases, text, re.IGNORECASE):
            yield found.start(), aspect.name
    for listed in NAMED.finditer(text):
        at = listed.start("list")
        for item in ITEM.split(listed["list"]):
            name = FILLER.sub("", FILLER.sub("", item.strip())).casefold()
            if name and len(name.split()) <= LONGEST_ITEM and not any(True for _ in _known(name)) and tokenize(name):
                yield at + listed["list"].find(item), name


def _known(text: str) -> Iterator[str]:
    yield from filter(None, (_of_word(word) for word in re.findall(r"[\w/@-]+", text)))
    yield from (aspect.name for aspect in ASPECTS if re.search(aspect.phrases, text, re.IGNORECASE))


@lru_cache(maxsize=1)
def _cues() -> dict[str, str]:
    return {stem(word): aspect.name for aspect in ASPECTS for word in (aspect.name, *aspect.words.split())}


@lru_cache(maxsize=4_000)
def _of_word(word: str) -> str:
    """The aspect a word asks for, read as the nearest cue where it is misspelt; empty where none is near."""
    if stem(word) in _cues():
        return _cues()[stem(word)]
    if len(word) < SHORTEST_GUESS:
        return ""
    most = 1 if len(word) < 1.5 * SHORTEST_GUESS else 2
    for aspect in ASPECTS:
        for cue in (aspect.name, *aspect.words.split()):
            if cue[0] == word[0] and len(cue) >= SHORTEST_GUESS and slips(word, cue, most) <= most:
                return aspect.name
    return ""


def slips(left: str, right: str, most: int) -> int:
    """How many letters must be put in, left out, changed or swapped with their neighbour; `most` + 1 where more."""
    if abs(len(left) - len(right)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, start=1):
        earlier, before, row = before, row, [i]
        for j, b in enumerate(right, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
    return min(row[-1], most + 1)


def aspect_query(aspect: str) -> str:
    """Words to look a paper's sentences up by; an aspect of the asker's own is its own query."""
    known = BY_NAME.get(aspect)
    return known.query if known else aspect


def speaks_of(aspect: str, sentence: str) -> bool:
    """Whether a sentence holds words of this aspect: the field's, or all of those the asker named it with."""
    known = BY_NAME.get(aspect)
    if known:
        return bool(known.says) and bool(_pattern(known.says).search(sentence))
    return set(tokenize(aspect)) <= stems(sentence)


@lru_cache(maxsize=64)
def _pattern(says: str) -> re.Pattern[str]:
    return re.compile(says, re.IGNORECASE)
