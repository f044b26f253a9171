"""A survey of more papers than are judged one by one, against judging them all: of the papers that would be listed,
the share that is. Bar: 0.98. PAPERCHAT_HOME names a folder of more than 10,000 papers; all are held in memory, some
2 GB for 80,000.
"""

import os
import statistics
import sys
import time
from pathlib import Path

import rag.judge
import rag.shelf
from rag.judge import Judge
from rag.likelihood import ANY, LISTED

from ingest.settings import Settings
from rag.engine import Engine

BAR = 0.98
TOPICS = """KV cache compression; speculative decoding; text-to-video generation; protein language models; graph neural
networks for molecules; federated learning with differential privacy; reward hacking; retrieval-augmented generation;
3D Gaussian splatting; prompt injection attacks; mixture of experts routing; low-rank adaptation; tokenizers for
languages other than English; weather forecasting; robot manipulation from demonstrations; medical image segmentation;
music generation; code generation benchmarks; watermarking of generated text; quantum machine learning; continual
learning without forgetting; state space models; hallucination detection; autonomous driving simulation; sign
language; time series forecasting with transformers; pruning of vision transformers; tabular data; theorem proving;
unlearning""".replace("\n", " ").split("; ")


def main() -> None:
    with Engine(Settings(Path(os.environ["PAPERCHAT_HOME"]))) as engine:
        judge = Judge(engine.index)
        engine.search("warm up", k=1)
        sifted, seconds = [], []
        for topic in TOPICS:
            began = time.perf_counter()
            sifted.append(listed(judge, topic))
            seconds.append(time.perf_counter() - began)
        count = engine.count()
        rag.judge.SIFTED = rag.judge.MOST_SIFTED = count  # all of them, judged alike
        rag.shelf.MOST_HELD = count
        whole = [listed(judge, topic) for topic in TOPICS]
    found = sum(len(every & some) for every, some in zip(whole, sifted, strict=True))
    extra = sum(len(some - every) for every, some in zip(whole, sifted, strict=True))
    share = found / max(1, sum(map(len, whole)))
    print(
        f"of {sum(map(len, whole)):,} papers listed for {len(TOPICS)} topics by judging all {count:,}, sifting lists "
        f"{share:.3f} (bar {BAR}), and {extra:,} others; seconds a topic: median {statistics.median(seconds):.2f}, "
        f"most {max(seconds):.2f}"
    )
    for topic, every, some in zip(TOPICS, whole, sifted, strict=True):
        print(f"  {topic}: {len(every & some)} of {len(every)}, {len(some - every)} others")
    sys.exit(share < BAR)


def listed(judge: Judge, topic: str) -> set[str]:
    """The ids of the papers that a survey of the topic lists."""
    judged = judge.judge(f"Which papers are about {topic}?")
    if judged.any < ANY:
        return set()
    return {one.paper.id for one in judged[:10_000] if one.probability >= LISTED}


if __name__ == "__main__":
    main()
