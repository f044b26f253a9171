"""What the wording of a question alone tells: its kind, what it points back to, what it wants changed.

Cue words and forms of English questions; knows no papers and no conversation.
"""

import re
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a turn asks for."""

    FACT = "fact"
    SUMMARY = "summary"
    COMPARISON = "compare"
    SURVEY = "survey"
    COLLECTION = "collection"
    RECORD = "record"
    EDIT = "edit"
    TALK = "talk"


class Change(StrEnum):
    """What is to be done to the last answer."""

    SHORTER = "shorter"
    LONGER = "longer"
    TABLE = "as a table"
    LIST = "as a list"
    DROP = "drop"
    ADD = "add"
    ONLY = "only"


@dataclass(frozen=True, slots=True)
class Edit:
    """An instruction on the last answer; `what` is named by DROP and ADD."""

    change: Change
    what: str = ""


def _any(*forms: str) -> re.Pattern[str]:
    return re.compile("|".join(forms), re.IGNORECASE)


WORKS = r"(?:papers?|works?|studies|study|articles?|publications?|abstracts?)"
MANY_WORKS = r"(?:papers|works|studies|articles|publications|abstracts)"
THINGS = rf"(?:{WORKS}|methods?|approach(?:es)?|techniques?|models?|systems?|frameworks?|algorithms?|ones?)"
POLITE = (
    r"(?:(?:please|pls|actually|ok(?:ay)?|now|and|so|then|just|can you|could you|would you|make (?:it|that|this)"
    r"|give (?:me )?(?:it|that)|a bit|much|even)[\s,]+)*"
)

GREETING = _any(
    r"^\W*(?:hi|hello|hey|howdy|good (?:morning|evening|afternoon|day)|thanks?|thank you|thx|cheers|great|cool"
    r"|nice|ok(?:ay)?"
    r"|bye|goodbye|see you|got it|perfect|wow)(?:[\s,.!]+(?:there|you|all|so much|very much|a lot|that helps?"
    r"|that helped|again|thanks))*\W*$"
)
THANKS = _any(r"^\W*(?:thanks?|thank you|thx|cheers|great|cool|nice|perfect|got it|ok(?:ay)?|bye|goodbye)\b")
HELP = _any(
    r"^\W*help\W*$|\bwhat can (?:you|i|this|one) (?:do|ask|say)\b|\bwho are you\b|\bwhat are you\b"
    r"|\bhow (?:do|can) (?:you|i) (?:work|use (?:you|this|it))\W*$|\bhow do i use\b"
)
HELP_WITH_THIS = _any(r"\bhow (?:do|does|can) (?:this|it) work\W*$")  # where nothing was spoken of yet
COLLECTION = _any(
    rf"\bwhat(?:'s|s| is| are) (?:this|these|the|your|all) (?:page|{WORKS}|collection|library|corpus"
    rf"|data)?\s*(?:all )?about\W*$",
    rf"\b(?:newest|latest|most recent|oldest) {WORKS}\b",
    rf"\bhow many {WORKS} (?:are (?:there|here|in|on)|do you (?:have|know)|have you|in total|does this)\b"
    rf"|^\W*how many {WORKS}\W*$",
    rf"\b(?:list|show)(?: me)? (?:all|every)(?: the| of the)? {WORKS}\W*$|\bwhat {WORKS} (?:do you have"
    rf"|are (?:there|here)|are in here)\W*$",
    r"\bwhat (?:topics|themes|subjects|areas|fields)\b[^?]{0,40}\b(?:are|do|is|there|here|cover)",
    r"\b(?:overview|summary) of (?:the |this |your |all )?(?:whole |entire )?(?:collection|page|library|corpus"
    r"|all papers)\b",
)
SURVEY = _any(
    rf"\b(?:wh?ich|what|whose) (?:\w+ ){{0,3}}?{MANY_WORKS}\b",
    rf"\b(?:list|name|find|show(?: me)?|give me|enumerate|collect)\b[^.?!]{{0,30}}\b(?:{THINGS}|everything|all)\b",
    rf"\b(?:any|all|every|each|other|more|how many)(?: of)?(?: the| these| those)? (?:\w+ ){{0,2}}?{WORKS}\b",
    rf"^\W*{WORKS} \w+",
    r"\bwhich (?:methods|approaches|techniques|models|systems|frameworks|algorithms|ones)\b",
    r"\bwhich (?:are they|of (?:them|these|those))\b|\bfull list\b|\bwho (?:else )?(?:does|uses|did|do)\b",
    r"\bwhat (?:else )?(?:have you got|do you have|do we have|is there|are there|exists|is out there)(?: here)?"
    r"(?=\W*$| (?:on|about|for|to|in|that))",
    # Whether there is something about a topic is best answered by listing it.
    rf"^\W*(?:(?:and|so|but|then|ok(?:ay)?)\W+)*(?:is|are|was|were) there (?:also )?(?:any|some)?(?:thing|one|{WORKS})?"
    r"(?: (?:here|else|in here|there|at all|more))* (?:on|about|regarding|concerning)\b",
    rf"\b(?:do|does|did|is|are) (?:any|some) (?:of )?(?:the(?:se|m)? )?{WORKS} (?:here )?\w+",
)
ONE_WORK = _any(
    r"\bwhich (?:one )?(?:paper|work|study|article) (?:is this|was this|fits|would|is it|is that)\b"
    r"|\bwhat is (?:it|this) called\b"
)
STRONG_COMPARISON = _any(
    r"\bcompar(?:e|ing|ison)s?\b|\bversus\b|\bvs\b\.?|\bdiffer(?:s|ence|ences|entiates?)?\b|\bcontrast\w*"
    r"|\bdifferent (?:from|to|than)\b|\bhow (?:is|are)\b[^?]{1,80}\bdifferent\b|\b(?:how )?similar (?:to|is|are)\b"
    r"|\bdistinguish\w*|\b(?:put|set|show|lay)\b.{0,60}\bside by side\b"
    r"|\bin common\b|\btrade-?offs? between\b"
)
WEAK_COMPARISON = _any(
    r"\beach\b|\bboth\b|\brespectively\b|\b(?:better|worse|faster|slower|cheaper|smaller|larger|more \w+"
    r"|less \w+) than\b|\bor\b"
    r"|\bwhich (?:one|is|has|of)\b|\bhow do\b|\b(?:one|another|the other)\b.*\b(?:another|the other)\b"
)
WHICH_OF = _any(r"^\W*(?:(?:and|so|but|ok(?:ay)?)\W+)*(?:which|any|who|do any|does any)(?: ones?)? of\b")
ASKS = _any(r"^\W*(?:what|which|how|why|who|do|does|did|can|could|would|is|are|tell|explain)\b")
YES_NO = _any(r"^\W*(?:is|are|was|were|do|does|did|can|could|will|would|has|have|should)\b")
SUMMARY = _any(
    r"\bsummar\w+|\btl;?dr\b|\boverview\b|\btell me (?:more )?about\b|\bexplain\b|\bwhat (?:is"
    r"|are) (?P<named>[^?]{2,80}?)(?: about)?\W*$"
    r"|\bwhat does (?:the )?[\w-]+(?: paper)? (?:do|propose|say)\W*$|\bdescribe\b|\bin a nutshell\b"
    r"|\bmain (?:idea|points?|contribution)\b"
)
PART_BREAK = _any(
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
AND = r"^\W*(?:(?:and|so|but|then|ok(?:ay)?|now|hm+)\W+)*"
COUNTED = {"two": 2, "three": 3, "four": 4, "five": 5, "2": 2, "3": 3, "4": 4, "5": 5}
ORDINAL_WORDS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")

GOES_ON = r"\s+(?:in|on|for|with|by|do|does|did|is|was|has|have|uses?|to|and|or|from|but)\b"  # 'the first in short'
# What points back, each with the group that is to be replaced by names.
ORDINAL = re.compile(
    rf"\b(?:the\s+)?(?P<word>{'|'.join(ORDINAL_WORDS)}|\d{{1,2}}(?:st|nd|rd|th)|last)"
    rf"(?:\s+(?P<count>two|three|four)\b(?:\s+(?:{THINGS}))?|\s+(?:{THINGS}|of (?:them|those|these))\b"
    rf"|(?<=the first)(?=\W*$|{GOES_ON})|(?<=the second)(?=\W*$|{GOES_ON})|(?<=the third)(?=\W*$|{GOES_ON})"
    rf"|(?<=the last)(?=\W*$|{GOES_ON})|(?<=the fourth)(?=\W*$)|(?<=the fifth)(?=\W*$))"
    rf"|(?:#|\b(?:number|no\.?) )(?P<number>\d{{1,2}}|one|two|three|four|five)\b",
    re.IGNORECASE,
)
FORMER_LATTER = re.compile(r"\b(?:the\s+)?(former|latter)(?:\s+(?:one|paper|method))?\b", re.IGNORECASE)
OTHER = re.compile(
    rf"\b(?:the|that) other(?:s|\s+(?:{THINGS}|two))?(?=\W|$)(?!\s+(?:hand|way|side|than)\b)", re.IGNORECASE
)
MANY = re.compile(
    r"\b(?:both(?:\s+of\s+them)?|(?:(?:one|which|any|some|none)\s+of\s+|all\s+)?(?:these|those)"
    rf"(?:\s+(?:two|three|four))?(?:\s+{THINGS})?|(?:all|one|which|any|some|none|each) of them"
    r"|(?:the\s+)?two(?:\s+of them)?|they|them|their|theirs)\b",
    re.IGNORECASE,
)
# 'Which one is faster?', asked of papers that were just set out.
WHICH_ONE = re.compile(
    rf"{AND}which(?: one| ones)?(?: of (?:them|those|these|the two))? (?P<rest>"
    r"(?:is|are|was|were|has|have|had|gets?|runs?|uses?|needs?|would|should|does|do|did|performs?|achieves?|gives?|works?|costs?|takes?|came"
    r"|saves?|can|could|will)\b.*)$",
    re.IGNORECASE | re.DOTALL,
)
DEGREE = _any(
    r"\b(?:better|worse|best|worst|more|less|most|least|superior)\b"
    r"|\b(?:is|are|was|were|the|runs?|gets?)\s+(?:the\s+)?(?!other|paper|after|over|under)\w+(?:er|est)\b"
)
# 'that family of methods' is a topic, not the paper that was spoken of.
KIND_OF = re.compile(
    r"\b(?:this|that|these|those|the same) (?:\w+ )?(?:family|kinds?|types?|sorts?|class|line|group) of (?:\w+ )?"
    rf"(?:{THINGS}|things?|work)\b",
    re.IGNORECASE,
)
ELSE = _any(
    r"^\W*(?:(?:and|or|ok|so|is there|are there|do you have|have you)\W+)*"
    rf"(?:any(?:thing)? (?:else|more|others?)|what else|(?:any )?others?|(?:any )?(?:more|other) {THINGS}"
    r"|any (?:more|other) of (?:them|those|these))(?: (?:here|in here|there))*"
    r"(?:\W*$|[,.?!]\s*(?:e\.?g\.?|maybe|perhaps|say|for example|like)?[\s,.]*(?P<also>(?:for|on|about|with|in)\b.*)$)"
)
TWO = re.compile(r"\b(?:both|two)\b", re.IGNORECASE)
THAN = re.compile(r"\bthan\b", re.IGNORECASE)
ONE = re.compile(
    r"\b(?:it|its|itself|(?:(?<=does )|(?<=did )|(?<=can )|(?<=will )|(?<=would ))(?:this|that)(?=\s+\w|\W*$)"
    r"|(?:this|that|the same|said) (?:\w+ )?(?:paper|method|approach|one|work|study|model"
    r"|technique|system|framework"
    r"|algorithms?|idea|family|tool|thing)|(?:this|that)(?=\W*$|\s+(?:one|work|do|does|help|cost|mean|better|worse|faster|slower|also|not|as)\b)"
    r"|the (?:authors?|paper|method))\b",
    re.IGNORECASE,
)
DESCRIBED = re.compile(
    r"\bthe (?P<what>(?:[\w-]+ ){1,4}?)(?:one|paper|method|approach|work)s?\b"
    r"|\bthe (?:one|paper|method|approach|work)s? (?:with|on|about|for|that|which|using|from) (?P<which>[^?.,;]{3,60})",
    re.IGNORECASE,
)
ELLIPSIS = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|so|well|hm+|right|alright|now)\W+)*(?:and|or|but|what about|how about|what of|same for"
    r"|(?:and )?the same for|also|then|why|when|where|how so|really|are you sure|more(?: on)?|else)\b",
    re.IGNORECASE,
)
# 'what learning rate?': a question without a verb, which the one before must lend it.
FRAGMENT = re.compile(
    r"^\W*(?:what|which|how (?:much|many|big|large|small|fast|long|good|well))"
    rf"(?: (?!is\b|are\b|was\b|were\b|do\b|does\b|did\b|can\b|has\b|have\b|{MANY_WORKS})[\w-]+){{1,3}}\W*$",
    re.IGNORECASE,
)
MODIFIER = re.compile(r"^\W*(?:with|without|for|on|in|at|during|under|as for)\b", re.IGNORECASE)  # 'for training?'
LEAD_IN = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|so|well|hm+|right|alright|now|and|or|but|then|also|what about|how about|what of"
    r"|(?:the )?same for|more on|as for|in terms of|regarding|on|for|with respect to|concerning)\b\W*)+",
    re.IGNORECASE,
)
CORRECTION = re.compile(
    r"^\W*(?:no+|nope|nah|not (?:that|this)(?: one)?|sorry|wrong(?: one)?|i (?:meant|mean)"
    r"|actually)\b[\s,.:;–-]*(?:not that(?: one)?[\s,.:;–-]*)?"
    r"(?:i (?:meant|mean|was (?:asking|talking) about)\s*)?",
    re.IGNORECASE,
)
PLEASE = r"(?:\s+(?:please|pls))?\W*$"
EDITS: tuple[tuple[re.Pattern[str], Change], ...] = (
    (
        _any(
            rf"^\W*{POLITE}(?:shorter|briefer|shorten(?: it| that)?|more concise(?:ly)?|in (?:short|one sentence|brief)"
            rf"|tl;?dr|too long){PLEASE}"
        ),
        Change.SHORTER,
    ),
    (
        _any(
            rf"^\W*{POLITE}(?:longer|more detail(?:s|ed)?|in more detail|elaborate|expand(?: on)?(?: it| that)?"
            rf"|tell me more|more){PLEASE}"
        ),
        Change.LONGER,
    ),
    (
        _any(
            rf"^\W*{POLITE}(?:(?:as|in|into|make|back to|again as|return to|put (?:it|that|this|them) in(?:to)?) )?"
            rf"(?:a|the) table{PLEASE}",
            rf"^\W*{POLITE}tabulate(?: it| that| them)?{PLEASE}",
        ),
        Change.TABLE,
    ),
    (
        _any(
            rf"^\W*{POLITE}(?:(?:as|in|into|back to) )?(?:a |the )?(?:bullet(?:ed)? )?"
            rf"(?:list|bullets|bullet points){PLEASE}"
        ),
        Change.LIST,
    ),
)
DROP = re.compile(
    rf"^\W*{POLITE}(?:drop|remove|delete|leave out|take out|skip|hide|without|lose|forget(?: about)?|get rid of"
    rf"|exclude)\s+(?P<what>.+?)"
    r"(?:\s+(?:row|column|line|aspect|from (?:it|the table|the comparison)))*\W*$",
    re.IGNORECASE,
)
ADD = re.compile(
    rf"^\W*{POLITE}(?:add|include|put in|throw in|also (?:add|include)|bring in)\s+(?P<what>.+?)"
    r"(?:\s+(?:row|column|line|aspect|too|as well|to (?:it|the table|the comparison|that|them)))*\W*$",
    re.IGNORECASE,
)


ONLY = re.compile(
    rf"^\W*{POLITE}(?:only|just|keep (?:only )?|show only|nothing but)\s+(?P<what>.+?)"
    r"(?:\s+(?:rows?|columns?|aspects?|please))*\W*$",
    re.IGNORECASE,
)


def read_edit(question: str) -> Edit | None:
    """The instruction on the last answer that a turn is; None where it is a question."""
    if len(question.split()) > 12 or re.search(r"[.!?;]\s+\S", question):  # it goes on to something else
        return None
    for form, change in EDITS:
        if form.match(question):
            return Edit(change)
    if found := DROP.match(question):
        return Edit(Change.DROP, _bare(found["what"]))
    if found := ADD.match(question):
        return Edit(Change.ADD, _bare(found["what"]))
    if (found := ONLY.match(question)) and len(question.split()) <= 6:
        return Edit(Change.ONLY, _bare(found["what"]))
    return None


def _bare(what: str) -> str:
    return re.sub(r"^(?:the|a|an|also)\s+|[\s?.!]+$", "", what, flags=re.IGNORECASE)


def ordinal(found: re.Match[str]) -> int:
    """The place an ORDINAL match names: from 1, or -1 for the last."""
    word = (found["word"] or found["number"]).casefold()
    if word == "last":
        return -1
    if word in ORDINAL_WORDS:
        return ORDINAL_WORDS.index(word) + 1
    digits = re.match(r"\d+", word)
    return int(digits[0]) if digits else ("one", "two", "three", "four", "five").index(word) + 1


def sides(question: str) -> list[str]:
    """The pieces of a question that may each name or describe a paper, in order."""
    return [piece.strip(" .?!") for piece in PART_BREAK.split(question) if piece and piece.strip(" .?!")]


def counted(question: str) -> int:
    """How many things a question says it is about ('two', 'three ways'); 0 where it does not say."""
    found = re.search(r"\b(two|three|four|five|[2-5])\b(?=\s+[a-z])", question, re.IGNORECASE)
    return COUNTED[found[1].casefold()] if found else 0
