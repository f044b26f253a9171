"""A turn without what is said around its question: greetings, who is asking, thanks, and the style that is wished for.

Forms of English alone. What is left is what is asked of the papers; a turn that is nothing else is left as it is.
"""

import re

from rag.demand import content

GREETS = re.compile(
    r"^\W*(?:(?:hi|hello|hey|howdy|greetings|good (?:morning|evening|afternoon|day)|dear)(?=\W)"
    r"(?:\s+(?:there|all|everyone|everybody|again|you|assistant|paperchat|bot|friend))*[\s,.!:;–-]*)+",
    re.IGNORECASE,
)
# 'I am a PhD student', 'my name is Bob and I'm new to this': a sentence or clause that tells only who asks.
WHO = r"(?:(?:i\s*a|i|we\s*a|we)(?:['’]?m|['’]?re|\s+am|\s+are)|as)"
INTRODUCES = re.compile(
    r"^\W*(?:(?:and|so|well)\s+)?(?:my name(?:['’]s|\s+is)\s+[\w .'-]{1,40}"
    rf"|{WHO}\s+(?:just\s+)?(?:an?|new|from|the)\b[^.!?,;:]*|(?:nice|pleased) to meet you)\W*$",
    re.IGNORECASE,
)
TELLS_MORE = re.compile(
    r"\b(?:who|whose|which|that|want|would|like|need|have|has|had|can|could|\w{3,}ing)\b", re.IGNORECASE
)
LONGEST_INTRODUCTION = 9  # words; one that says more may say what is looked for
CLAUSE = re.compile(r"(?<=[.!?;:,])\s+|\s+(?=and\s+(?:i['’]?m|i\s+am)\b)", re.IGNORECASE)
THANKS = re.compile(
    r"[\s,.;!–-]*\b(?:(?:many\s+)?thanks(?:\s+(?:a lot|so much|in advance))?|thank you(?:\s+(?:very much|in advance|so"
    r" much))?|cheers|please|pls|plz)[\s.!]*$",
    re.IGNORECASE,
)
MANNER = (
    r"(?:plain|simple|simpler|easy|everyday|lay|laymans?|layman['’]s|layperson['’]s|your own|my own|clear|few"
    r"|non-technical|basic)"
)
ASKING = frozenset(
    "please explain say tell put describe rephrase again ok okay give it that this me to can you".split()
)
PEOPLE = (
    r"(?:beginners?|newcomers?|novices?|lay(?:man|person|men|people)|non-?experts?|outsiders?|child(?:ren)?|kids?|dummies"
    r"|dummy|[\w-]+-year-old|\w+ year old|freshman|high[- ]school(?:er| student)s?|general (?:public|audience|reader))"
)
STYLE = re.compile(
    rf"[\s,]*\b(?:in (?:an? )?(?:(?:very|more|really|{MANNER})\s+)*{MANNER}\s+(?:words?|terms|language|english"
    r"|sentences?|way|form)"
    r"|in (?:one|a|two|three|a few|a couple of|\d) (?:short )?(?:words?|sentences?|lines?|paragraphs?)"
    rf"|(?:for|to|as if to|like to) (?:an? |the |some |complete |absolute |total |us |me as an? )*{PEOPLE}"
    r"|(?:an? |the )?(?:(?:much|more|even) )?(?:simpler|simple|easier|easy|plainer|plain|clearer|short) "
    r"(?:explanation|version|answer|wording)"
    rf"|like (?:i['’]?m|i am|i were|to) (?:an? )?(?:{PEOPLE}|five|5|ten|10|twelve|12)|eli5|step by step"
    r"|without (?:any )?(?:jargon|formulas|maths?|technical terms))\b",
    re.IGNORECASE,
)
ADVERB = re.compile(
    r"^\W*(?:very\s+)?(?:briefly|shortly|simply(?: put)?|concisely|quickly|quick question|in short|in brief)[\s,:]+"
    r"|[\s,]+(?:please\s+)?(?:very\s+)?(?:briefly|shortly|simply|concisely|in short|in brief)(?:\s+please)?(?=\W*$|,)",
    re.IGNORECASE,
)


# 'thx! one more: …'
THANKED = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|many)\s+)?(?:thx|thanks|thank you|cheers|great|cool|perfect|nice|awesome)"
    r"(?:\s+(?:a lot|so much|very much|again))?\s*[,.!;:–—]+\s*(?=\S)"
    r"(?:(?:and\s+|just\s+)?(?:one|another|a|my)\s+(?:more|last|other|next|final)?\s*(?:thing|question)?[,.:–—-]+\s*)?",
    re.IGNORECASE,
)
# 'on this page': all that is asked is asked of the papers here.
HERE = re.compile(
    r"(?<!\bare)(?<!\bis)[\s,]+(?:on|in|from)\s+(?:this|the|your|my)\s+(?:page|collection|library|list|corpus)(?=\W*$)",
    re.IGNORECASE,
)
TAKEN_BACK = re.compile(
    r"(?:^|[.,;:!?…–—-])\s*(?:no,? wait|wait,? no|scratch that|strike that|no,? sorry|sorry,? no)\b[\s,.:;–—-]*"
    r"(?P<then>\S.*)$",
    re.IGNORECASE | re.DOTALL,
)


def plain(question: str) -> str:
    """The question without courtesies and wishes of style; as it was where nothing would be left to ask.

    Of one that is taken back on the way ('A and B, no wait, A and C') only what comes then is asked.
    """
    if taken_back := TAKEN_BACK.search(question):
        question = taken_back["then"] if len(content(taken_back["then"])) > 1 else question
    asked = THANKS.sub("", GREETS.sub("", THANKED.sub("", question)))
    text = asked if content(asked) else question
    clauses = CLAUSE.split(text)
    kept = [clause for clause in clauses if not _introduces(clause)]
    if kept and content(" ".join(kept)):
        text = " ".join(kept)
    placed = HERE.sub("", text)
    text = placed if content(placed) else text
    styled = ADVERB.sub("", STYLE.sub("", text))
    text = styled if content(styled) or _asks(styled) else text
    return text.strip(" ,;:–-") if text != question else question


def is_style(question: str) -> bool:
    """Whether a turn is nothing but a wish of style: 'in plain words please', 'explain it for a beginner'."""
    left = ADVERB.sub("", STYLE.sub("", question))
    return left != question and not set(re.findall(r"[^\W_]+", left.casefold())) - ASKING


def _introduces(clause: str) -> bool:
    found = INTRODUCES.match(clause)
    return bool(found) and len(clause.split()) <= LONGEST_INTRODUCTION and not TELLS_MORE.search(clause)


def _asks(text: str) -> bool:
    return len(re.findall(r"[^\W_]+", text)) > 1
