"""What the wording of a question alone tells: its kind, and the sides of a comparison.

Cue words and forms of English questions; knows no papers and no conversation.
"""

import re
from enum import StrEnum


class Kind(StrEnum):
    """What a turn asks for."""

    FACT = "fact"
    SUMMARY = "summary"
    COMPARISON = "compare"
    SURVEY = "survey"
    OPTIONS = "options"
    COLLECTION = "collection"
    RECORD = "record"
    EDIT = "edit"
    TALK = "talk"


LISTS = (Kind.SURVEY, Kind.COLLECTION)  # of which the answer is a list of papers


def any_of(*forms: str) -> re.Pattern[str]:
    return re.compile("|".join(forms), re.IGNORECASE)


WORKS = r"(?:papers?|works?|studies|study|articles?|publications?|abstracts?)"
MANY_WORKS = r"(?:papers|works|studies|articles|publications|abstracts)"
PAPERS = any_of(r"\b(?:papers|articles|publications|abstracts|(?:other|which|what) (?:works|studies))\b")
WAYS = r"methods?|approach(?:es)?|techniques?|models?|systems?|frameworks?|algorithms?"
THINGS = rf"(?:{WORKS}|{WAYS}|ones?)"
GREETING = any_of(
    r"^\W*(?:hi|hello|hey|howdy|good (?:morning|evening|afternoon|day)|thanks?|thank you|thx|cheers|great|cool"
    r"|nice|ok(?:ay)?"
    r"|bye|goodbye|see you|got it|perfect|wow)(?:[\s,.!]+(?:there|you|all|so much|very much|a lot|that helps?"
    r"|that helped|again|thanks))*\W*$"
)
THANKS = any_of(r"^\W*(?:thanks?|thank you|thx|cheers|great|cool|nice|perfect|got it|ok(?:ay)?|bye|goodbye)\b")
HELP = any_of(
    r"^\W*help\W*$|\bwhat can (?:you|i|this|one) (?:do|ask|say)(?=\W*$|\s+(?:here|with (?:this|it|you)|for me)\b)"
    r"|\bwho are you\b|\bwhat are you\b"
    r"|\bhow (?:do|can) (?:you|i) (?:work|use (?:you|this|it))\W*$|\bhow do i use\b"
)
HELP_WITH_THIS = any_of(r"\bhow (?:do|does|can) (?:this|it) work\W*$")  # where nothing was spoken of yet
PLACE = r"(?:page|list|collection|library|corpus|index|set)"
# What follows where not all papers are meant: 'how many papers are there on robots?'
ALL_OF_IT = rf"(?:(?:this|the|your|my)\s+{PLACE}|here|total|all)\b"
ON_TOPIC = rf"\s+(?:here\s+)?(?:about|that|which|with|for|of|(?:in|on)(?!\s+{ALL_OF_IT}))\b"
COLLECTION = any_of(
    rf"\bwhat(?:'s|s| is| are) (?:this|these|they|the|your|all) (?:page|{WORKS}|collection|library|corpus"
    rf"|data)?\s*(?:all )?about\W*$",
    rf"\bwhat(?:['’]?s| is| do (?:you|we) have| can (?:i|one) find) in (?:this|the|your|my) (?:whole |entire )?"
    rf"(?:{PLACE}|papers)(?: (?:in general|overall|at all|roughly|here))*\W*$",
    rf"\b(?:newest|latest|most recent|oldest) {WORKS}\b",
    rf"\bhow many {WORKS} (?:are (?:there|here|in (?:here|it|total|all)|(?:in|on) (?:this|the|your|my) {PLACE})"
    rf"|do you (?:have|know)|have you|in total|does this)\b(?!{ON_TOPIC})"
    rf"|^\W*how many {WORKS}\W*$",
    rf"\b(?:list|show)(?: me)? (?:all|every)(?: the| of the)? {WORKS}\W*$|\bwhat {WORKS} (?:do you have"
    rf"|are (?:there|here)|are in here)\W*$",
    r"\bwhat (?:are|is) the (?:main |key |chief )?(?:topics?|themes?|subjects?|areas?|fields?)\b(?:[^?]{0,20}"
    rf"\b(?:{MANY_WORKS}|here|page|collection|library)\b)?\W*$",
    r"\bwhat (?:topics|themes|subjects|areas|fields)\b[^?]{0,40}\b(?:are|do|is|there|here|cover)",
    r"\b(?:overview|summary) of (?:the |this |your |all )?(?:whole |entire )?(?:collection|page|library|corpus"
    r"|all papers)\b",
)
SURVEY = any_of(
    rf"\b(?:wh?ich|what|whose) (?:\w+ ){{0,3}}?{MANY_WORKS}\b",
    rf"\b(?:list|name|find|show(?: me)?|give me|enumerate|collect)\b[^.?!]{{0,30}}\b(?:{THINGS}|everything|all)\b",
    rf"\b(?:any|all|every|each|other|more|how many)(?: of)?(?: the| these| those)? (?:\w+ ){{0,2}}?{WORKS}\b",
    rf"^\W*{WORKS} \w+",
    rf"^\W*(?:(?:i|we)\b[^.?!]{{0,12}}\b(?:need|want|like|looking for)\b (?:some |any |all |more )?)?"
    rf"(?:[\w/-]+ ){{1,6}}{MANY_WORKS}(?: (?:please|pls|plz))?\W*$",
    r"\b(?:which|what) (?:[\w-]+ ){1,5}are (?:in (?:this|the|your|here)|here|there|on this)\b",
    r"^\W*(?:(?:and|so|but|is there|ok(?:ay)?)\W+)*any(?:thing|one)(?: else| here)+ "
    r"(?:that|which|with|for|using|\w{3,}ing)\b",
    r"\bwhich (?:methods|approaches|techniques|models|systems|frameworks|algorithms|ones)\b",
    r"^\W*(?:(?:and|so|but)\W+)*what (?:other )?(?:methods|approaches|techniques|systems|frameworks|algorithms) "
    r"(?!(?:do|does|did|is|are|was|were|has|have)\b)\w+",
    rf"\bwhat (?:\w+ )?(?:work|literature|research) (?:is|exists|do you have|is there)\b|^\W*related {WORKS}\b",
    r"\bwhich (?:are they|of (?:them|these|those))\b|\bfull list\b|\bwho (?:else )?(?:does|uses|did|do)\b",
    r"\bwhat(?:['’]?s| is) new (?:in|on|about|for)\b",
    r"\bwhat(?:['’]?s| is) (?:out )?there\W*$"
    r"|\bwhat (?:else )?(?:have you got|do you have|do we have|is there|are there|exists|is out there)(?: here)?"
    r"(?=\W*$| (?:on|about|for|to|in|that))",
    r"^\W*(?:(?:and|so|but|ok(?:ay)?|well|now|hm+)\W+)*who (?:else )?(?:all )?"
    r"(?!wrote|writ|author|publish|propos|introduc|invent|develop|coin"
    r"|present|creat|is\b|are\b|was\b|were\b|has\b|cares?\b)[a-z]+(?:s|ed)\b",
    r"\b(?:what|which) (?:other )?(?:\w+ )?(?!topics|themes|subjects|areas|fields)[a-z-]+s (?:are there|exist)\b",
    r"(?:^|[.!?,:;]\s)\W*(?:(?:and|so|but|ok(?:ay)?)\W+)*any(?:thing|one)?(?: else| here)? "
    r"(?:on|about|regarding|concerning)\b",
    rf"\bthere (?:are|is) (?:any |some |other )?{WORKS} (?:here )?(?:on|about|for|that|which|with|of)\b",
    # 'are there other tools for …', 'what other models …'
    r"\b(?:is|are) there (?:any )?other [\w-]+|\bwhat other (?:[\w-]+ ){0,3}?[a-z-]+s\b",
    # Whether there is something about a topic is best answered by listing it.
    r"^\W*(?:(?:and|so|but|then|ok(?:ay)?|also|well|now)\W+)*(?:is|are|was|were) there (?:also )?"
    rf"(?:any|some)?(?:thing|one|{WORKS})?(?: (?:here|else|in here|there|at all|more))* "
    r"(?:on|about|regarding|concerning)\b",
    rf"\b(?:do|does|did|is|are) (?:any|some) (?:of )?(?:the(?:se|m)? )?{WORKS} (?:here )?\w+",
)
METHODS = rf"(?:{WORKS}|{WAYS}|tools?|optimi[sz]ers?|librar(?:y|ies)|options?|ways?)"
ASKER = r"(?:i|we|one|you|someone|people)"
# Which method to choose for a need: several papers may serve.
ADVICE = any_of(
    rf"\b(?:which|what)(?: [\w-]+){{0,3}}? {METHODS}(?: here)? (?:should|would|could|can|shall|do|must) {ASKER}\b",
    rf"\bwhat (?:should|would|could|can|shall|do) {ASKER} (?:use|pick|choose|try|take|do|recommend|suggest|adopt)\b",
    r"\b(?:recommend|suggest)\b(?: me| us)?(?: an?| some| any| the best|thing|something)? ?"
    rf"(?:[\w-]+ ){{0,2}}?(?:{METHODS}|something)\b",
    rf"\bbest {METHODS}(?: here)? (?:to|for)\b"
    rf"|\b(?:which|what)(?: [\w-]+){{0,2}}? {METHODS} (?:is|are|works?|would be|fits?) (?:the )?"
    r"(?:best|better|most suitable|suitable)\b",
    r"^\W*(?:i|we) (?:(?:really )?(?:need|want|would like|have)|am trying|are trying) to (?:\w+[\s-]*){1,10}\W*$",
    r"\bwhat (?:helps|(?:can|would|could|might) help|works best)\b",
    r"(?:[.,;:!?–—-]\s*|^\W*)(?:(?:do|have) you (?:have|got) )?(?:any |some )?"
    r"(?:ideas|suggestions|recommendations|advice|tips)(?: (?:for|on) [^?.!]{3,60})?\W*$",
    r"^\W*(?:[^?]*[,.;:]\s+)?how (?:can|could|should|do|would|might) (?:i|we) "
    r"(?!know\b|tell\b|use (?:you|this|it)\b)\w+",
)
ONE_WORK = any_of(
    r"\bwhich (?:one )?(?:paper|work|study|article) (?:is this|was this|fits|would|is it|is that)\b"
    r"|\bwhat is (?:it|this) called\b"
)
STRONG_COMPARISON = any_of(
    r"\bcompar(?:e|ing|ison)s?\b|\bversus\b|\bvs\b\.?|\bdiffer(?:s|ence|ences|entiates?)?\b|\bcontrast\w*"
    r"|\bdifferent (?:from|to|than)\b|\bhow (?:is|are)\b[^?]{1,80}\bdifferent\b|\b(?:how )?similar (?:to|is|are)\b"
    r"|\bdistinguish\w*|\b(?:put|set|show|lay)\b.{0,60}\bside by side\b"
    r"|\bin common\b|\btrade-?offs? between\b"
)
WEAK_COMPARISON = any_of(
    r"\beach\b|\bboth\b|\brespectively\b|\b(?:better|worse|faster|slower|cheaper|smaller|larger|more \w+"
    r"|less \w+) than\b|\bor\b"
    r"|\bwhich (?:one|is|has|of)\b|\bhow do\b|\b(?:one|another|the other)\b.*\b(?:another|the other)\b"
)
WHICH_OF = any_of(r"^\W*(?:(?:and|so|but|ok(?:ay)?)\W+)*(?:which|any|who|do any|does any)(?: ones?)? of\b")
# 'Which other papers …', 'anything else on …': not those just spoken of.
OTHER_WORKS = any_of(
    rf"\bother (?:[\w-]+ ){{0,3}}?(?:{THINGS}|tools?|works?|benchmarks?|datasets?)\b"
    r"|\b(?:anything|what|who|which) else\b"
)
A_WORK = any_of(rf"\b(?:an?|any|another|some) (?:[\w-]+ )?{WORKS}\b")  # 'is there a paper that claims the opposite?'
# 'Different thing: …': what follows has nothing to do with what was said.
NEW_TOPIC = any_of(
    r"^\W*(?:(?:ok(?:ay)?|so|now|and|thanks)\W+)*(?:an?\s+)?(?:different|another|new|unrelated|separate|other)\s+"
    r"(?:thing|question|topic|subject)\s*[:,.–—-]\s*"
)
IN_TABLE = any_of(r"\s+(?:in|as) (?:a |the )?(?:small |short |nice )?(?:markdown )?table(?: format| form)?\b")
# Words that make more of a turn than a bare topic ('object detection').
MORE_THAN_TOPIC = any_of(
    r"\b(?:what|which|how|why|who|whose|when|where|is|are|was|were|do|does|did|can|could|has|have|had|will|would|should"
    r"|i|we|you|it|this|that|these|those|they|tell|explain|please|compare|than|vs|not|no)\b|\d|['’]"
)
CONTRACTED = any_of(r"\b(what|where|how|who|that)s\b")  # 'whats'
ASKS = any_of(r"^\W*(?:what|which|how|why|who|do|does|did|can|could|would|is|are|tell|explain)\b")
YES_NO = any_of(r"^\W*(?:is|are|was|were|do|does|did|can|could|will|would|has|have|should)\b")
SUMMARY = any_of(
    r"\bwhat(?:['’]?s| is| do we) (?:already )?known? (?:so far )?(?:about|on|of) [^?]{3,80}?\W*$",
    r"\bwhat (?:do|can) you (?:know|tell me|say) about\b",
    r"\bsummar\w+|\btl;?dr\b|\boverview\b|\btell me (?:more )?about\b|\bexplain\b|\bwhat(?:['’]?s| is"
    r"|are) (?P<named>[^?]{2,80}?)(?: about)?\W*$"
    r"|\bwhat does (?:the )?[\w-]+(?: paper)? (?:do|propose|say)\W*$|\bdescribe\b|\bin a nutshell\b"
    r"|\bmain (?:idea|points?|contribution)\b",
)
EXPLAIN = any_of(r"\b(?:explain|describe)\b")
# 'KV cache compression, what's known about it?'
FRONTED = re.compile(
    r"^\W*(?P<topic>[^,?.!]{4,60}),\s*what(?:['’]?s| is| do we) (?:known?|there|new) (?:about|on) (?:it|this|that)\W*$",
    re.IGNORECASE,
)
PART_BREAK = any_of(
    r"\s*(?:;|:|\?|\.\s|\bversus\b|\bvs\b\.?|,(?:\s*(?:and|or|while|whereas|but))?|\b(?:and|or|while|whereas"
    r"|but|against|from|with|than)\b"
    r"|\banother\b|\bthe other\b|(?<!the )(?<!that )(?<!this )(?<!which )\bone (?:paper|of them|work)?\b)\s*"
)
# 'forget ZClip': a name behind it is not asked about.
SET_ASIDE = re.compile(
    r"\b(?:forget(?: about)?|ignore|never mind|leave (?:out|aside)|(?:i )?(?:don['’]?t|do not) (?:mean|want|care about)"
    r"|(?<!or )(?<!why )not|instead of|rather than|other than|apart from|except(?: for)?|besides)\s+$",
    re.IGNORECASE,
)
COUNTED = {"two": 2, "three": 3, "four": 4, "five": 5, "2": 2, "3": 3, "4": 4, "5": 5}
DEGREES = (
    r"(?:\b(?:better|worse|best|worst|more|less|fewer|most|least|fewest|superior|wins?|won|beats?|outperforms?|ahead|prefer\w*"
    r"|(?:should|would) (?:i|you|we|one) (?:\w+ )?(?:pick|choose|use|take|try|recommend|go (?:for|with)|read))\b"
    r"|\b(?:fast|slow|small|larg|bigg|cheap|strong|quick|high|low|eas[iy]|short|long|light)(?:er|est)\b"
    r"|\b(?:is|are|was|were|the|runs?|gets?)\s+(?:the\s+)?(?!other|paper|after|over|under)\w+(?:er|est)\b)"
)
DEGREE = any_of(DEGREES)
# 'Which is faster?', 'is KIVI better than GEAR?': a question of which is ahead.
AHEAD = any_of(
    rf"(?:^|[^\w\s]\s*|\b(?:and|but|so)\s+)\W*(?:which|who|is|are|was|were|do|does|did)\b[^.?!;:]{{0,60}}?{DEGREES}"
)


def sides(question: str) -> list[str]:
    """The pieces of a question that may each name or describe a paper, in order."""
    return [piece.strip(" .?!") for piece in PART_BREAK.split(question) if piece and piece.strip(" .?!")]


def counted(question: str) -> int:
    """How many things a question says it is about ('two', 'three ways'); 0 where it does not say."""
    found = re.search(r"\b(two|three|four|five|[2-5])\b(?=\s+[a-z])", question, re.IGNORECASE)
    return COUNTED[found[1].casefold()] if found else 0
