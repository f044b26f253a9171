"""The aspects papers are compared by: how people ask for each, how abstracts speak of it. Data alone."""

from dataclasses import dataclass


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
        r"\bhow (?:do|does|did) (?:(?!\bdiffer|\bcompare|\bperform).){0,60}?\b(?:work|do|raise|reduce|get|make"
        r"|achieve"
        r"|handle|avoid|cut|save|shrink|compress|train|choose|decide|differ in (?:how|approach))"
        r"|\bhow (?:each|they|it|both)\b"
        r"|\b(?:each|both|either)(?: one| of them)? (?:actually |exactly )?(?:do|does|changes?"
        r"|proposes?|tr(?:y|ies)|modif(?:y|ies)|adds?|introduces?|squeezes?)\b|\bwhat (?:do|does) (?:they"
        r"|it) (?:actually )?do\b"
        r"|\bwhat (?:exactly )?gets\b",
        "",
        "we propose a new method that",
    ),
    Aspect(
        "result",
        "result results finding findings evidence number numbers gain gains improvement improvements savings outcome"
        " conclusion benchmark figures performance reported report claims claim effectiveness",
        r"\bany good\b|\bis (?:it|this) (?:good|effective|useful|worth it)\b"
        r"|\bhow (?:well|far|good|small|much better)\b|\b(?:what|which) [\w ]{0,30}\b(?:find|finds|found|show|shows"
        r"|gain"
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
        r"(?<!external )(?<!term )(?<!agent )(?<!agentic )(?<!episodic )(?<!semantic )(?<!working )(?<!associative )"
        r"\bmemory\b(?! (?:bank|module|mechanism|block|recall|retriev|context|graph|agent|system|framework|benchmark)"
        r"s?\b)(?!-augmented)|\bKV[- ]?cache (?:by|size|memory|footprint)\b"
        r"|\b(?:reduc|compress|shrink|less|smaller)\w*[^.;]{0,40}\bKV[- ]?cache"
        r"|\bV?RAM\b|\b\d+(?:\.\d+)? ?[GMK]i?B\b|\bfootprint"
        r"|\bcache (?:size|compression|budget)"
        r"|\bstorage|\boffload",
        "reduces peak GPU memory usage footprint GB",
    ),
    Aspect(
        "speed",
        "speed fast faster fastest slow slower slowest latency throughput speedup speedups quick quicker runtime"
        " tokens/s fps realtime accelerate acceleration",
        r"\btok(?:ens?)? ?(?:/|per|a) ?s|\bspeed-?ups?\b|\bhow long\b|\bhow quick|\breal[- ]time\b|\bwall-?clock"
        r"|\b(?:training|inference|decoding|run(?:ning)?) time\b",
        r"\bspeed|\bspeed-?ups?|\bfast|\blatency|\blatencies|\bdelays?\b|\btime-to-first"
        r"|\bthroughput|\breal[- ]time|\baccelerat(?:es?|ed|ing"
        r"|ion)\b"
        r"|\bwall-?clock"
        r"|(?<!agent )\bruntime(?! layer| environment| system)|\bslow(?:er|down)"
        r"|\b(?:inference|training|decoding|execution|running|generation"
        r"|processing|response) times?\b|\bper second|\bFPS\b|\b\d+ ?ms\b|\bconverge(?:s|nce)?\b|\bquick",
        "faster speedup latency throughput times",
    ),
    Aspect(
        "accuracy",
        "accuracy accurate quality precision correctness perplexity scores f1 bleu lossless",
        r"\bhow (?:accurate|precise|correct|reliable)\b|\b(?:error|success) rates?\b|\bperformance (?:drop|loss"
        r"|level)",
        r"\baccura|\bquality|\bprecision\b|\brecall\b|\bF1\b|\bmAP\b|\bBLEU\b|\bperplexity"
        r"|\b(?:error|solve|solving|resolve|win|hit|pass) rates?\b"
        r"|\bscores?\b(?! (?:function|match|network|jacobian|smooth|based|distill|estimat|model|key)\w*)"
        r"(?! (?:\w+ ){1,3}according)"
        r"|\bperforms? (?:\w+ly|better|on par|well|best)\b"
        r"|\blossless|\bsuccess rate|\boutperform|\bsurpass|\bWER\b|\bFID\b|\bPSNR\b|\bAUC\b|\bpass@"
        r"|(?<!high-)\bfidelity"
        r"|\bstate[- ]of[- ]the[- ]art\b|\bperformance (?:gains?|drop|loss|degradation|improvement)"
        r"|\b(?:comparable|competitive|superior|better|best|same|similar|full|improv\w+|maintain\w*|preserv\w+"
        r"|sacrific\w+)"
        r" (?:\w+ ){0,2}performance",
        "accuracy quality performance percent outperforms",
    ),
    Aspect(
        "cost",
        "cost costs cheap cheaper cheapest expensive price flops budget affordable gpu-hours overhead"
        " efficiency efficient",
        r"\bgpu[- ](?:hours?|days?)\b|\bcomput(?:e|ation|ational)\b|\bhow (?:much|many) (?:compute|flops|gpus?)\b|\$",
        r"\bcosts?\b|\bcheap|\bexpens|\bFLOPs?\b|\bcomputation|\bcompute\b|\bbudget|\boverhead|\bGPU[- ](?:hours?"
        r"|days?)"
        r"|\$ ?\d|\bUSD|\bcomplexity|\bresources?\b|\befficiency\b|\bmore (?:\w+-)?efficient",
        "computational cost FLOPs compute budget overhead",
    ),
    Aspect(
        "energy",
        "energy watt watts joule joules carbon battery electricity co2 emissions",
        r"\bpower\b(?![- ]?law)",
        r"\benerg|\bpower (?:consum|sav|efficien|draw|usage|budget)|\bwatts?\b|\bjoules?|\bcarbon|\bCO2|\bemission"
        r"|\bbatter(?:y|ies)|\belectricity|\b(?:milli|m)W\b|\blow[- ]power|\bpower and\b|\band power\b",
        "energy power consumption watts carbon",
    ),
    Aspect(
        "data",
        "dataset datasets corpus corpora annotations labels samples",
        r"\b(?:what|which|how much|any|amount of|of|on) data\b(?!\w)|\bdata (?:needs?|used|use|sources?"
        r"|requirements?|efficien\w+|hunger)\b",
        r"\bdatasets?|\bdata[- ]?sets?|\bcorp(?:us|ora)|\btraining (?:data|set|examples|samples)|\bsamples\b"
        r"|\bannotat"
        r"|\b\d[\d,.]*[KMBT]? (?:[\w-]+ ){0,3}(?:tokens|images|frames"
        r"|videos|examples|samples|hours|pairs|trajectories|tasks"
        r"|questions|instances|problems)\b|\bdata\b|\blabel(?:s|ed)\b|\bcurat"
        r"|\bbenchmarks?\b(?! (?:evaluation|result|experiment|show|demonstrate)s?\b)"
        r"|\bon (?!(?-i:[AHVB]\d00|RTX|GPU|TPU|CPU|NVIDIA|GPT|Qwen|LL))(?-i:[A-Z][\w-]*[A-Z\d][\w-]*)",
        "dataset training data samples examples collected",
    ),
    Aspect(
        "hardware",
        "hardware gpu gpus tpu fpga cpu npu chip chips device devices accelerator machine machines phone"
        " smartphone laptop",
        r"\b(?:A|H|V|B)\d{2,3}s?\b",
        r"\bGPUs?\b|\bTPUs?\b|\bFPGAs?\b|\bCPUs?\b|\bNPUs?\b|\bASICs?\b|\b[AHVB]\d00\b|\bRTX|\bhardware"
        r"|\baccelerators?\b"
        r"|\bdevices?\b|\bchips?\b|\bcores?\b|\bCUDA|\bnodes?\b|\b(?:GPU|compute|computing) clusters?|\bsmartphone"
        r"|\bmobile|\bnvidia",
        "hardware GPU device accelerator CPU",
    ),
    Aspect(
        "size",
        "size sizes parameters params bits bitwidth sparsity",
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
        r"\b(?-i:Llama|LLaMA|GPT|Qwen|Mistral|Gemma|BERT|RoBERTa|ViT|ResNet|OPT|Falcon|DeepSeek|CLIP|Claude|Gemini"
        r"|YOLO|InternVL|LLaVA|Mixtral)(?![a-z])[\w.-]*|\b(?-i:T5|Phi-\d)|\bstable diffusion|\b\d+(?:\.\d+)?B\b",
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
        r"\b(?:is|are|where|the|any|have) (?:\w+ ){0,3}code\b|\bopen[- ]?source|\bcode (?:available|release)"
        r"|\bweights (?:available|released)",
        r"\bcodes?\b.{0,40}\b(?:available|released?|provided|at)\b|https?://|github|\bopen[- ]?sourc"
        r"|\bpublicly|\brelease",
        "code available at github released open source",
    ),
)
BY_NAME = {aspect.name: aspect for aspect in ASPECTS}
