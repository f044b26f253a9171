"""recall@10 of the vector index against exact search over the same vectors, 500 queries, asked as a search asks it.
Bar: 0.98. PAPERCHAT_HOME names the library; the queries are sentences from the middle of abstracts drawn by lot.
"""

import random
import statistics
import sys
from contextlib import closing

from timing import machine

from ingest.index import PaperIndex
from ingest.settings import load_settings
from ingest.vectors import ChromaVectors, ExactVectors
from rag.retrieve.search import NEAREST_ROWS

QUERIES, BAR, K = 500, 0.98, 10


def main() -> None:
    with closing(PaperIndex(load_settings())) as index:
        index.refresh()
        assert index.embedder
        assert isinstance(index._vectors, ChromaVectors), "the index is in use by another process"
        exact = ExactVectors(index.record.entries(embedding=index.embedder.name))
        drawn = random.Random(5).sample(index.record.numbers(), QUERIES)
        shares = []
        for entry in index.record.entries(drawn):
            middle = entry.sentences[len(entry.sentences) // 2].text if entry.sentences else entry.paper.title
            vector = index.embedder.embed_query(middle)
            found, sought = (set(v.nearest(vector, NEAREST_ROWS)[:K]) for v in (index, exact))
            shares.append(len(found & sought) / len(sought))
        recall, count = statistics.mean(shares), index.count()
    print(
        f"recall@{K} against exact search: {recall:.4f} (bar {BAR}), {count:,} papers, {QUERIES} queries; {machine()}"
    )
    sys.exit(recall < BAR)


if __name__ == "__main__":
    main()
