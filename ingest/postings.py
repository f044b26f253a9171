"""A part of the lexical index: which of some papers hold each stem and how often, in arrays mapped from the disk.

Never changed once written: a paper that changes goes into a later part, and the earlier one is told to pass it over.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.lib.format import header_data_from_array_1_0, write_array_header_1_0
from numpy.typing import NDArray

ARRAYS = ("numbers", "lengths", "letters", "ends", "starts", "holders", "times")
MOST_TIMES = 65_535  # that one stem is counted in one paper


class Terms(Sequence[bytes]):
    """The stems of a part, sorted, each read from the disk when it is looked at."""

    def __init__(self, letters: NDArray[np.uint8], ends: NDArray[np.int64]) -> None:
        self._letters, self._ends = letters, ends

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, at: int) -> bytes:  # type: ignore[override]
        return self._letters[self._ends[at - 1] if at else 0 : self._ends[at]].tobytes()

    def find(self, token: str) -> int:
        """The place of a stem; -1 where no paper has it."""
        sought = token.encode(errors="surrogatepass")
        at = bisect_left(self, sought)
        return at if at < len(self) and self[at] == sought else -1

    def beginning(self, start: str) -> list[str]:
        """The stems that begin so."""
        first = bisect_left(self, start.encode(errors="surrogatepass"))
        found = []
        for at in range(first, len(self)):
            term = self[at].decode(errors="surrogatepass")
            if not term.startswith(start):
                break
            found.append(term)
        return found


class Part:
    """The postings of some papers: of the stem at `terms[i]` those from `starts[i]` to `starts[i + 1]`.

    `numbers` are the papers, ascending, `lengths` their stems in all; `holders` are places among `numbers`, `times`
    how often each holds the stem.
    """

    def __init__(self, arrays: dict[str, NDArray[np.generic]]) -> None:
        """Raises KeyError or ValueError where the arrays do not belong together."""
        self._arrays = {name: arrays[name] for name in ARRAYS}
        self.numbers = np.asarray(arrays["numbers"], np.int64)
        self.lengths = np.asarray(arrays["lengths"], np.float32)
        self.terms = Terms(arrays["letters"], arrays["ends"])  # type: ignore[arg-type]
        self._starts, self._holders, self._times = (arrays[name] for name in ("starts", "holders", "times"))
        fits = len(self._starts) == len(self.terms) + 1 and len(self._holders) == len(self._times)
        if not fits or int(self._starts[-1]) != len(self._holders) or len(self.numbers) != len(self.lengths):
            raise ValueError("the arrays of the lexical index do not belong together")

    @classmethod
    def build(cls, documents: Iterable[tuple[int, Sequence[str]]]) -> "Part":
        """The part of these papers, ascending by number, each with its stems."""
        places: dict[str, int] = {}
        numbers, lengths, terms, counts, sizes = [], [], [], [], []
        for number, tokens in documents:
            held = Counter(tokens)
            numbers.append(number)
            terms.append(np.asarray([places.setdefault(token, len(places)) for token in held], np.int32))
            counts.append(np.minimum(np.asarray(list(held.values()), np.int64), MOST_TIMES).astype(np.uint16))
            sizes.append(len(held))
            lengths.append(max(len(tokens), 1))
        spelled = [token.encode(errors="surrogatepass") for token in places]
        order = sorted(range(len(spelled)), key=spelled.__getitem__)
        rank = np.empty(len(order), np.int32)
        rank[order] = np.arange(len(order), dtype=np.int32)
        flat = rank[np.concatenate(terms)] if terms else np.zeros(0, np.int32)
        by_term = np.argsort(flat, kind="stable")
        holders = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)[by_term]
        times = (np.concatenate(counts) if counts else np.zeros(0, np.uint16))[by_term]
        letters = b"".join(spelled[at] for at in order)
        return cls(
            {
                "numbers": np.asarray(numbers, np.int64),
                "lengths": np.asarray(lengths, np.int32),
                "letters": np.frombuffer(letters, np.uint8),
                "ends": np.cumsum([len(spelled[at]) for at in order], dtype=np.int64),
                "starts": np.searchsorted(flat[by_term], np.arange(len(order) + 1)).astype(np.int64),
                "holders": holders,
                "times": times,
            }
        )

    def save(self, folder: Path) -> None:
        """Raises OSError where all of it cannot be written; NumPy's own way of it passes over the last bytes."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, array in self._arrays.items():
            with (folder / f"{name}.npy").open("wb") as file:
                write_array_header_1_0(file, header_data_from_array_1_0(array))
                file.write(array.data)

    @classmethod
    def load(cls, folder: Path) -> "Part":
        """Raises OSError, ValueError or KeyError where the files are missing or damaged."""
        files = {name: folder / f"{name}.npy" for name in ARRAYS}
        # As plain arrays, which are read three times as fast as those that know of their file.
        return cls({name: np.asarray(np.load(file, mmap_mode="r", allow_pickle=False)) for name, file in files.items()})

    def postings(self, at: int) -> tuple[NDArray[np.int32], NDArray[np.uint16]]:
        """The places among `numbers` of the papers that hold the stem at this place, and how often each does."""
        cut = slice(int(self._starts[at]), int(self._starts[at + 1]))
        return np.asarray(self._holders[cut], np.int32), np.asarray(self._times[cut], np.uint16)
