"""The commands that look after what is kept: snapshots out and in, the check and its repair."""

from argparse import Namespace
from contextlib import closing
from dataclasses import asdict

from ingest.errors import PaperchatError
from ingest.settings import load_settings
from ui.terminal import bar, print_json, safe, say

MOST_TOLD = 20  # lines of a snapshot that could not be read


def export_folder(args: Namespace) -> int:
    from ingest.record import Record
    from ingest.snapshot import export_snapshot

    with closing(Record(load_settings().home)) as record:
        if record.count() == 0:
            raise PaperchatError(
                "No papers yet, so there is nothing to export; import some with: paperchat ingest SOURCE"
            )
        with bar(record.count(), "papers") as step:
            count = export_snapshot(record, args.folder, progress=step)
    print(f"{count:,} papers exported to {safe(str(args.folder))}.")
    return 0


def import_folder(args: Namespace) -> int:
    from ingest.library import import_snapshot

    with bar(None, "papers") as step:
        report = import_snapshot(load_settings(), args.folder, told=say, progress=step)
    unread = len(report.unreadable)
    print(f"{report.added:,} papers imported, {report.there:,} were there already, {unread:,} could not be read.")
    if report.bare:
        say(f"{report.bare:,} had no vectors for this version and model and were embedded again.")
    for reason in report.unreadable[:MOST_TOLD]:
        say(f"paperchat: {safe(str(args.folder))}: {safe(reason)}")
    return 1 if report.unreadable else 0


def check_home(args: Namespace) -> int:
    from ingest.library import check

    with bar(None, "papers") as step:
        findings = check(load_settings(), mend=args.repair, told=say, progress=step)
    left = [finding for finding in findings if not finding.mended]
    if args.json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            print(safe(f"{finding.what}. {'Repaired.' if finding.mended else f'To repair it, {finding.mend}.'}"))
        if not findings:
            print("No problems found: the record is intact and the index matches it.")
    return 1 if left else 0
