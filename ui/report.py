"""What is told of an import: how far it is, then what came of it. Pure functions from values to safe HTML."""

from collections.abc import Mapping

from ingest.intake import Taken
from ingest.library import GIVEN, HERE, IMPORTED, LEFT, MISSING, UNREAD, Fate
from ui.prose import escape

MOST_REASONS = 30  # told of what could not be read


def progress(done: int, total: int | None, seconds: float, *, stopping: bool = False) -> str:
    """How far an import is, how quick, and what is left."""
    if stopping:
        return '<div class="import"><p class="far">Stopping after this step…</p></div>'
    if not total:
        return '<div class="import"><p class="far">Reading…</p></div>'
    share = min(100, 100 * done // total)
    words = f"{done:,} of {total:,} papers"
    if done and seconds > 0:
        rate = done / seconds
        words += f" · {rate:,.0f} a second" if rate >= 1 else f" · {60 * rate:,.0f} a minute"
        words += f" · {left(max(0, total - done) / rate)} left" if done < total else " · finishing"
    bar = f'<div class="gauge"><div class="full w{share // 5 * 5}"></div></div>'
    return f'<div class="import">{bar}<p class="far">{words}</p></div>'


def left(seconds: float) -> str:
    """'about 40 seconds', 'about 3 minutes'."""
    if seconds < 1.5:
        return "a second"
    if seconds < 90:
        return f"about {round(seconds):,} seconds"
    return f"about {round(seconds / 60):,} minutes"


def trouble(words: str) -> str:
    """Why nothing was imported."""
    return f'<div class="import problem" role="status"><p>{escape(words)}</p></div>'


def result(taken: Taken, count: int) -> str:
    """What an import brought; `count` is how many papers there are now."""
    report = taken.report
    now = f"The library now has {count:,} paper{'s' if count != 1 else ''}."
    parts = [f"<p><strong>{headline(taken)}</strong> {now}</p>"]
    if report.fates:
        lines = [fate_line(arxiv, fate) for arxiv, fate in report.fates.items()]
        parts.append(f'<h3>By id</h3><ul class="fates">{"".join(lines)}</ul>')
    if taken.titles and taken.changed > counted(report.fates, IMPORTED):  # else all of them are told by id
        more = taken.changed - len(taken.titles)
        lines = [f'<li dir="auto">{escape(title)}</li>' for title in taken.titles]
        lines += [f"<li>and {more:,} more</li>"] if more > 0 else []
        parts.append(f'<h3>Imported</h3><ul class="titles">{"".join(lines)}</ul>')
    failed = [escape(words) for words in report.failed]
    failed += [
        f"{escape(source.removeprefix(GIVEN))}, {escape(record.place)}: {escape(record.reason)}"
        for source, record in report.unreadable[:MOST_REASONS]
    ]
    more = len(report.unreadable) - MOST_REASONS
    failed += [f"and {more:,} more"] if more > 0 else []
    if failed:
        items = "".join(f'<li dir="auto">{words}</li>' for words in failed)
        parts.append(f'<h3>Could not be read</h3><ul class="reasons">{items}</ul>')
    return f'<div class="import done" role="status">{"".join(parts)}</div>'


def fate_line(arxiv: str, fate: Fate) -> str:
    """'2402.02750 imported: KIVI: A Tuning-Free …'"""
    title = f": {escape(fate.title)}" if fate.title else ""
    return f'<li dir="auto">{escape(arxiv)} <strong>{fate.what}</strong>{title}</li>'


def counted(fates: Mapping[str, Fate], what: str) -> int:
    return sum(fate.what == what for fate in fates.values())


def headline(taken: Taken) -> str:
    """'88 added, 1 updated, 1 unchanged, 2 unreadable.' or, of papers by id, '2 imported, 1 not found on arXiv.'"""
    report = taken.report
    if taken.stopped:
        kept = f"{taken.changed:,} paper{'s' if taken.changed != 1 else ''}"
        return f"Stopped: {kept} imported." if taken.changed else "Stopped: nothing imported."
    fates = report.fates
    if fates and report.seen <= len(fates):
        kinds = ((counted(fates, what), what) for what in (IMPORTED, HERE, MISSING, UNREAD, LEFT))
        return f"{', '.join(f'{number:,} {what}' for number, what in kinds if number)}."
    if not report.seen and not report.unreadable:
        if report.kept:
            return "That day is already imported."
        if report.fetched:
            return "No papers were listed on that day."
        return "Nothing imported."
    counts = ((report.added, "added"), (report.updated, "updated"), (report.unchanged, "unchanged"))
    told = [f"{number:,} {word}" for number, word in counts]
    told += [f"{report.doubled:,} duplicate{'s' * (report.doubled > 1)}"] if report.doubled else []
    told += [f"{len(report.unreadable):,} unreadable"] if report.unreadable else []
    return f"{', '.join(told)}."
