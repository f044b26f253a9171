"""The words that point back to what was said ('it', 'the second one', 'and on memory?'), as forms of English.

Knows no papers and no conversation.
"""

import re

from ingest.words import stems, tokenize
from rag.grammar import COLLECTION, MANY_WORKS, SURVEY, THINGS, any_of

SHORT = 4  # content words of a turn that may hang on the one before without saying so

AND = r"^\W*(?:(?:and|so|but|then|ok(?:ay)?|now|hm+)\W+)*"
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
NO_NOUN = r"(?:is|was|has|does|as|across|versus|vs|less|always|plus|besides|towards)"  # though it ends in s
MANY = re.compile(
    r"\b(?:both(?:\s+of\s+them)?|(?:(?:one|which|any|some|none)\s+of\s+|all\s+)?(?:these|those)"
    rf"(?:\s+(?:two|three|four))?(?:\s+{THINGS})?|(?:all|one|which|any|some|none|each) of them"
    rf"|(?:(?:the|all)\s+)?two(?:\s+(?:of them|{THINGS}))?(?!\s+(?!{NO_NOUN}\b)[\w-]+s\b)"
    r"|(?:the|all)\s+(?:three|four|five)(?=\W*$|\s+(?:of them|on|in|by|for|with|as|at)\b)|they|them|their|theirs)\b",
    re.IGNORECASE,
)
# 'Which one is faster?', asked of papers that were just set out.
WHICH_ONE = re.compile(
    rf"{AND}which(?: one| ones)?(?: of (?:them|those|these|the two))? (?P<rest>"
    r"(?:is|are|was|were|has|have|had|gets?|runs?|uses?|needs?|would|should|does|do|did|performs?|achieves?|gives?|works?|costs?|takes?|came"
    r"|saves?|can|could|will|wins?|won|beats?|leads?|comes?"
    r"|says?|claims?|argues?|shows?|finds?|found|reports?|supports?|uses?|proposes?|mentions?|studies|study|requires?"
    r"|handles?|avoids?|reduces?|improves?|tests?|tested|trains?|trained|compares?)\b.*)$",
    re.IGNORECASE | re.DOTALL,
)
# 'that family of methods' is a topic, not the paper that was spoken of.
KIND_OF = re.compile(
    r"\b(?:this|that|these|those|the same) (?:\w+ )?(?:family|kinds?|types?|sorts?|class|line|group) of (?:\w+ )?"
    rf"(?:{THINGS}|things?|work)\b",
    re.IGNORECASE,
)
# 'Is there anything like it?', 'similar papers?': of the paper just spoken of.
ALIKE = re.compile(
    rf"\b(?:others?|ones?|anything|something|{THINGS})\s+(?:like|similar to|close to)\s+(?:it|this|that)(?: one)?\W*$"
    rf"|^\W*(?:(?:and|any|show(?: me)?|find|are there|is there)\W+)*(?:similar|related)\s+{THINGS}\W*$"
    r"|^\W*(?:(?:and|ok(?:ay)?|so|well|now|is there|any)\W+)*(?:anything|something)\s+(?:similar|alike|related"
    r"|like (?:it|this|that))\b"
    rf"|^\W*(?:(?:and|so|but|is there|are there|do you have|any|an?)\W+)*(?:(?:anything|something|{THINGS}) (?:better"
    rf"|faster|cheaper|smaller|newer|simpler|stronger|lighter)|(?:better |other )?(?:alternatives?|{THINGS} instead))"
    r"(?: (?:than|to) (?:it|this|that)(?: one)?| here| in here| there)*\W*$",
    re.IGNORECASE,
)
ELSE = any_of(
    r"^\W*(?:(?:and|or|ok|so|is there|are there|do you have|have you)\W+)*"
    rf"(?:any(?:thing)? (?:else|more|others?)|what else|(?:any )?others?|(?:any )?(?:more|other) {THINGS}"
    r"|any (?:more|other) of (?:them|those|these))(?: (?:here|in here|there))*"
    r"(?:\W*$|[,.?!]\s*(?:e\.?g\.?|maybe|perhaps|say|for example|like)?[\s,.]*(?P<also>(?:for|on|about|with|in)\b.*)$)"
)
TWO = re.compile(r"\b(?:both|two)\b", re.IGNORECASE)
THAN = re.compile(r"\bthan\b", re.IGNORECASE)
COMPARED = re.compile(r"\bcompared (?:to|with|against)\b|\brelative to\b", re.IGNORECASE)
ONE = re.compile(
    r"\b(?:it|its|itself"
    r"|(?:(?<=does )|(?<=did )|(?<=can )|(?<=will )|(?<=would )|(?<=is )|(?<=was ))(?:this|that)(?=\s+\w|\W*$)"
    r"|(?:this|that|the same|said) (?:\w+ )?(?:paper|method|approach|one|work|study|model"
    r"|technique|system|framework"
    r"|algorithms?|idea|family|tool|thing)|(?:this|that)(?=\W*$|\s+(?:or|vs|versus|and|with|to|one|work|do|does|help|cost|mean|better|worse|faster|slower|also|not|as)\b)"
    r"|the (?:authors?|paper|method)(?! (?:of|on|about|that|with)\b))\b",
    re.IGNORECASE,
)
DESCRIBED = re.compile(
    r"\bthe (?P<what>(?:[\w-]+ ){1,4}?)(?P<head>one|paper|method|approach|work)(?P<many>e?s)?\b"
    r"|\bthe (?:one|paper|method|approach|work)(?P<several>e?s)? (?:with|on|about|for|that|which|using|from)"
    r" (?P<which>[^?.,;]{3,60})",
    re.IGNORECASE,
)
GENERAL = re.compile(r"^(?:method|approach|work)$", re.IGNORECASE)  # 'the attention method' need be no paper's
ELLIPSIS = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|so|well|hm+|right|alright|now)\W+)*(?:and|or|but|what about|how about|what of|same for"
    r"|(?:and )?the same for|also|then|why|when|where|how so|really|are you sure|more(?: on)?|else)\b",
    re.IGNORECASE,
)
# 'what learning rate?': a question without a verb, which the one before must lend it.
FRAGMENT = re.compile(
    r"^\W*(?:(?:up to|at|with|on|in|for|over|by|from|after|until)\s+)?"
    r"(?:what|which|how (?:much|many|big|large|small|fast|long|good|well))"
    rf"(?: (?!is\b|are\b|was\b|were\b|do\b|does\b|did\b|can\b|has\b|have\b|{MANY_WORKS})[\w-]+){{1,3}}"
    rf"(?: (?:on|in|for|with|at|of|over)(?: (?!the page|this page|here|{MANY_WORKS})[\w-]+){{1,4}})?\W*$",
    re.IGNORECASE,
)
# 'and on which models?', 'compared to what?'
ON_WHICH = re.compile(
    rf"{AND}(?:up to|at|with|on|in|for|over|by|from|after|until|than|against|(?:compared|relative) (?:to|with))"
    rf"\s+(?:what|which|whom|how (?:much|many))(?: (?!{MANY_WORKS}\b)[\w-]+){{0,3}}\W*$",
    re.IGNORECASE,
)
# 'Real images or synthetic?': a choice without a verb, which the question before must lend it.
CHOICE = re.compile(
    r"^\W*(?:(?!(?:which|what|who|how|why|is|are|do|does|did|can|was|were|compare|list|show|papers?|any)\b)"
    r"[\w-]+ ){1,4}or "
    r"(?:[\w-]+ ){0,3}[\w-]+\W*$",
    re.IGNORECASE,
)
# 'Is the code available?', 'how big is the speed-up?', 'which models were tested?': said of the paper just spoken of,
# as far as nothing in it is of another.
OF_IT = any_of(
    rf"{AND}(?:is|are|was|were|do|does|did|can|has|have)(?:n['’]?t)? (?:the|there|any)\b(?! (?:papers|works))",
    rf"{AND}how (?:much|many|big|large|small|fast|slow|long|good|well|high|low|strong|accurate|often|deep|close|exact"
    r"|precise|far|expensive|cheap)\b",
    rf"{AND}(?:what|which)(?: \w+){{0,3}} (?:was|were|is|are|do|does|did|has|have) (?:(?:the|they|he|she)\b.*|used"
    r"|tested|tried|evaluated|compared|trained|reported|measured|released|shown|found|needed|saved|lost|gained)\b",
    rf"{AND}(?:what|which|how)\b[^?]{{0,40}}\b(?:called|named)\W*$",
    r"\bthere\W*$",
)
# What any paper may be asked for, beside its topic.
OF_ANY = stems(
    "big large small fast slow long good well high low strong accurate often deep much many there available public open"
    " help saving saved gain gained loss lost gets get happens test tested train trained compare compared first"
    " biggest largest smallest fastest longest highest lowest best worst close exact precise far reach reached"
    " called call named name two three four"
)
MODIFIER = re.compile(r"^\W*(?:with|without|for|on|in|at|during|under|as for)\b", re.IGNORECASE)  # 'for training?'
LEAD_IN = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|so|well|hm+|right|alright|now|and|or|but|then|also|what about|how about|what of"
    r"|(?:the )?same for|more on|as for|in terms of|regarding|on|for|with respect to|concerning)\b\W*)+",
    re.IGNORECASE,
)
TAKES_TOPIC = r"(?:about|on|for|with|of|in|us(?:e|es|ing)|do|does|deals? with|cover(?:s|ing)?|mention(?:s|ing)?|papers)"
AGAINST = re.compile(rf"{AND}(?:from|with|to|than|against|versus|vs)\b", re.IGNORECASE)  # 'and from KIVI?'
# 'vs KIVI?', 'compare with KIVI on memory': the paper just spoken of beside the one named, and nothing else asked.
SET_BESIDE = re.compile(
    rf"{AND}(?:vs\.?|versus|compared?(?: it| that| this)? (?:to|with|against))\s+[\w.-]+"
    r"(?:\s+(?:on|in terms of|by)\s+[^?]+)?\W*$",
    re.IGNORECASE,
)
GOES_ON_ASKING = re.compile(
    r"[.;!?]\s+(?P<then>(?:what|which|how|why|who|when|where|is|are|do|does|did|can|has|have)\b.*)$", re.IGNORECASE
)
# 'And RWKV, does it keep a state?'
AND_NAME = re.compile(
    rf"{AND}(?:and|but|what about|how about)\s+(?P<name>[\w.-]+)\s*[,:–—-]\s*(?P<rest>\S.*)$", re.IGNORECASE
)
# 'ok back to the test-time scaling paper: how many points did it gain?'
BACK_TO = re.compile(
    rf"{AND}(?:(?:anyway|btw)\W+)*(?:(?:going|coming|let['’]?s go|let me go) )?(?:back|returning|return) to "
    r"(?P<what>[^:,.;?!–—]{3,60})\s*[:,.;–—-]\s*(?P<then>\S.*)$",
    re.IGNORECASE,
)
DEFINITE = re.compile(r"\W*(?:the|its|their|his|her|this|that|these|those)\b", re.IGNORECASE)
CORRECTION = re.compile(
    r"^\W*(?:no+|nope|nah|not (?:that|this)(?: one)?|sorry|wrong(?: one)?|i (?:meant|mean)"
    r"|actually)\b[\s,.:;–-]*(?:not that(?: one)?[\s,.:;–-]*)?"
    r"(?:i (?:meant|mean|was (?:asking|talking) about)\s*)?",
    re.IGNORECASE,
)


def ordinal(found: re.Match[str]) -> int:
    """The place an ORDINAL match names: from 1, or -1 for the last."""
    word = (found["word"] or found["number"]).casefold()
    if word == "last":
        return -1
    if word in ORDINAL_WORDS:
        return ORDINAL_WORDS.index(word) + 1
    digits = re.match(r"\d+", word)
    return int(digits[0]) if digits else ("one", "two", "three", "four", "five").index(word) + 1


def dangling(question: str) -> str:
    """The trouble with a turn that points to something although nothing was said."""
    if COLLECTION.search(question) or SURVEY.search(question):
        return ""
    words = tokenize(question)
    points = OTHER.search(question) or FORMER_LATTER.search(question) or ORDINAL.search(question)
    bare = ONE.search(question) or MANY.search(question) or ELLIPSIS.match(question)
    if (points and len(words) <= SHORT + 2) or ((bare or ELSE.search(question)) and len(words) <= 2):
        return "There is nothing before this that it could refer to; name a paper, a method or a topic."
    return ""
