"""From the vectors of papers to points in the plane and groups of them: near points mean alike.

t-SNE by scikit-learn: of PCA, t-SNE, UMAP and PaCMAP it kept the most of each paper's ten nearest (at 9,877 papers
28 % of them, UMAP 15 %, PaCMAP 11 %, PCA 2 %), and it brings no compiler as the latter two do; openTSNE, which keeps
30 %, has fewer hands behind it. Knows no file.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.words import tokenize

Floats = NDArray[np.float32]

DIMENSIONS = 50  # that the plane and the groups are made from: what PCA leaves of the vectors
FEWEST = 12  # papers that t-SNE is asked about; fewer lie as PCA has them
MOST_GROUPS = 10  # as many as there are colours to tell apart
SETTLED = 500  # steps of t-SNE; 1,000 kept no more
NEIGHBOURS = 5  # among which a paper that comes later is put


@dataclass(frozen=True, slots=True)
class Plane:
    """Where each paper lies, by its number in the record, ascending: `xy` (papers, 2) from -1 to 1 and its `group`.

    `laid` of them were laid out together; the others came later and were put among their nearest.
    """

    numbers: NDArray[np.int64]
    xy: Floats
    group: NDArray[np.int16]
    laid: int

    @property
    def groups(self) -> int:
        return int(self.group.max(initial=-1)) + 1


def lay_out(numbers: Sequence[int], vectors: Floats) -> Plane:
    """All papers laid out together; `vectors` (papers, dim). 50 s for 10,000 on two cores, the same each time."""
    reduced = principal(vectors)
    xy = spread(reduced) if len(vectors) >= FEWEST else np.pad(reduced, ((0, 0), (0, 2)))[:, :2]
    return Plane(np.asarray(numbers, np.int64), fitted(xy), groups_of(reduced), len(numbers))


def put(plane: Plane, old: Floats, numbers: Sequence[int], vectors: Floats) -> Plane:
    """The plane with papers more, each between its nearest; `old` are the vectors of those that are there."""
    cosine = vectors @ old.T
    nearest = np.argsort(-cosine, axis=1, kind="stable")[:, :NEIGHBOURS]
    weight = np.maximum(np.take_along_axis(cosine, nearest, axis=1), 1e-3) ** 8  # the very nearest counts most
    weight /= weight.sum(axis=1, keepdims=True)
    xy = (plane.xy[nearest] * weight[:, :, None]).sum(axis=1)
    every = np.concatenate([plane.numbers, np.asarray(numbers, np.int64)])
    group = np.concatenate([plane.group, plane.group[nearest[:, 0]]])
    order = np.argsort(every, kind="stable")
    return Plane(every[order], np.concatenate([plane.xy, xy.astype(np.float32)])[order], group[order], plane.laid)


def only(plane: Plane, inside: NDArray[np.bool_]) -> Plane:
    """The plane with some of its papers."""
    laid = plane.laid - int((~inside).sum())
    return Plane(plane.numbers[inside], plane.xy[inside], plane.group[inside], max(laid, 0))


def principal(vectors: Floats) -> Floats:
    """The vectors in their own principal directions, widest first (papers, at most DIMENSIONS)."""
    if not len(vectors):
        return np.zeros((0, 2), np.float32)
    centred = (vectors - vectors.mean(axis=0)).astype(np.float64)
    _, directions = np.linalg.eigh(centred.T @ centred)
    directions = directions[:, ::-1][:, :DIMENSIONS]
    directions *= np.where(directions[np.abs(directions).argmax(axis=0), range(directions.shape[1])] < 0, -1, 1)
    return np.asarray(centred @ directions, dtype=np.float32)


def by_words(texts: Sequence[str]) -> Floats:
    """Vectors of texts by the words they share (latent semantic analysis), where no model embeds them."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.preprocessing import normalize

    weighed = TfidfVectorizer(analyzer=tokenize, sublinear_tf=True).fit_transform([text or "-" for text in texts])
    width = min(DIMENSIONS, min(weighed.shape) - 1)
    if width < 2:
        return np.zeros((len(texts), 2), np.float32)
    return np.asarray(normalize(TruncatedSVD(width, random_state=0).fit_transform(weighed)), dtype=np.float32)


def spread(reduced: Floats) -> Floats:
    """The plane that t-SNE finds, begun from the two widest directions."""
    from sklearn.manifold import TSNE  # a second of import that only a new map needs

    begun = reduced[:, :2] / max(float(reduced[:, 0].std()), 1e-9) * 1e-4
    perplexity = min(30.0, (len(reduced) - 1) / 3)
    found = TSNE(init=begun, perplexity=perplexity, max_iter=SETTLED, learning_rate="auto", random_state=0)
    return np.asarray(found.fit_transform(reduced), dtype=np.float32)


def groups_of(reduced: Floats) -> NDArray[np.int16]:
    """The group of each paper, the largest first; about sqrt(papers / 2) of them, no more than there are colours."""
    distinct = len(np.unique(reduced.round(4), axis=0))
    count = min(MOST_GROUPS, round((len(reduced) / 2) ** 0.5), distinct)
    if count < 2 or len(reduced) < FEWEST:
        return np.zeros(len(reduced), np.int16)
    from sklearn.cluster import KMeans

    found = np.asarray(KMeans(count, n_init=4, random_state=0).fit_predict(reduced))
    by_size = np.argsort(-np.bincount(found, minlength=count), kind="stable")
    place = np.empty(count, np.int16)
    place[by_size] = np.arange(count, dtype=np.int16)
    return np.asarray(place[found])


def fitted(xy: Floats) -> Floats:
    """Moved and scaled to lie between -1 and 1, both axes alike."""
    if not len(xy):
        return np.zeros((0, 2), np.float32)
    low, high = xy.min(axis=0), xy.max(axis=0)
    return np.asarray((xy - (low + high) / 2) / max(float((high - low).max()) / 2, 1e-9), dtype=np.float32)
