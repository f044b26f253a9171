"""The errors a user may meet. Each message says what is wrong, where, and what to do; none shows a traceback."""


class PaperchatError(Exception):
    """What went wrong, in one line fit to show: what, where, what to do."""


class UsageError(PaperchatError):
    """The command or question itself is off (exit code 2)."""


class SourceError(PaperchatError):
    """A source cannot be read at all, so nothing of it was taken."""


class StoppedError(PaperchatError):
    """Who started an ingest stopped it; what was committed before stays."""


class StoreError(PaperchatError):
    """The record or the index cannot be opened, read or written."""


class BusyError(StoreError):
    """Another process is writing; the message names it."""


class SpreadError(PaperchatError):
    """Other processes or machines that were to help with an ingest cannot."""


class ModelError(PaperchatError):
    """An embedding or chat model cannot be had or does not answer."""


class TooLongError(ModelError):
    """The chat model cannot read as much as it was sent; less may do."""
