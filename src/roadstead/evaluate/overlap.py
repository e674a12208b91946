"""How much a written text shares with the true one: ROUGE-L, BLEU and chrF, from counts that add up over texts."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from roadstead.evaluate.words import common, is_han, words

_ORDERS = 6
"""chrF compares runs of 1 to 6 characters."""
_BETA = 2.0
"""chrF2: recall counts twice as much as precision."""
Sums = npt.NDArray[np.float64]


def rouge_l(true: str, said: str) -> float:
    """Return the F1 of the longest common subsequence of words. C.-Y. Lin, ROUGE (2004), 3.1."""
    a, b = words(true.lower()), words(said.lower())
    return 2 * common(a, b) / (len(a) + len(b)) if a or b else 1.0


def bleu_counts(truths: Sequence[str], said: Sequence[str]) -> tuple[Sums, str]:
    """Return what BLEU adds up (n, 10): right and all runs of 1 to 4 words, words said, words true; and how texts were cut."""
    from sacrebleu.metrics.bleu import BLEU

    cut = "zh" if is_han("".join(truths)) else "13a"
    judge = BLEU(tokenize=cut)
    rows = []
    for one, other in zip(truths, said, strict=True):
        found = judge.corpus_score([other], [[one]])
        rows.append([*found.counts, *found.totals, found.sys_len, found.ref_len])
    return np.array(rows, dtype=np.float64).reshape(len(rows), 10), cut


def bleu(sums: Sums) -> float:
    """Return BLEU, 0 to 100, of counts (10,) that were added up. K. Papineni et al., BLEU (2002); M. Post (2018)."""
    from sacrebleu.metrics.bleu import BLEU

    right, every = ([round(v) for v in part.tolist()] for part in (sums[:4], sums[4:8]))
    return float(BLEU.compute_bleu(right, every, round(sums[8]), round(sums[9]), smooth_method="exp").score)


def chrf_counts(true: str, said: str) -> list[int]:
    """Return what chrF adds up (18,): for each length of runs of characters those said, those true, and those in common."""
    one, other = "".join(true.split()), "".join(said.split())
    counts = []
    for n in range(1, _ORDERS + 1):
        a, b = (Counter(text[i : i + n] for i in range(len(text) - n + 1)) for text in (one, other))
        counts += [b.total() if a else 0, a.total(), (a & b).total()]
    return counts


def chrf(sums: Sums) -> float:
    """Return chrF2, 0 to 100, of counts (18,) that were added up. M. Popović, chrF (2015), as sacrebleu reckons it."""
    said, true, both = sums.reshape(_ORDERS, 3).T
    seen = (said > 0) & (true > 0)
    if not seen.any():
        return 0.0
    precision, recall = float((both[seen] / said[seen]).mean()), float((both[seen] / true[seen]).mean())
    if not precision + recall:
        return 0.0
    return 100 * (1 + _BETA**2) * precision * recall / (_BETA**2 * precision + recall)
