"""The gate: what a candidate must show before it may go live."""

from dataclasses import dataclass

from pipelines.methods import CHANCE, HYBRID, LIVE, RIVAL
from recsys.errors import DataError
from recsys.evaluation.compare import Comparison
from recsys.evaluation.significance import Verdict

HIDDEN = "cold_videos"
"""The split that hides videos at random: harder than what will be asked, so a tie is enough in its mixed lists."""


@dataclass(frozen=True)
class Check:
    """One condition and how it came out."""

    name: str
    passed: bool
    found: str

    def line(self) -> str:
        """For people."""
        return f"{'ok     ' if self.passed else 'REFUSED'} {self.name}: {self.found}"


def checks(comparison: Comparison, metric: str) -> list[Check]:
    """Hold the hybrid against recent popularity, the live bundle's recipe, and chance on new videos.

    Args:
        comparison: with the methods of `pipelines.methods`.
        metric: such as `ndcg@10`.

    Returns:
        One check per split and condition.
    """
    splits = dict.fromkeys(one.split for one in comparison.results)
    methods = {one.method for one in comparison.results}
    better, no_worse = (Verdict.BETTER,), (Verdict.BETTER, Verdict.TIE)
    found = [
        _against(comparison, split, "all", metric, RIVAL, no_worse if split == HIDDEN else better) for split in splits
    ]
    if LIVE in methods:
        found += [_against(comparison, split, "all", metric, LIVE, no_worse) for split in splits]
    if HIDDEN in splits:
        found.append(_against(comparison, HIDDEN, "cold", metric, CHANCE, better))
    return found


def _against(
    comparison: Comparison, split: str, part: str, metric: str, rival: str, enough: tuple[Verdict, ...]
) -> Check:
    name = f"{split}, {part} videos: {' or '.join(one.value for one in enough)} than {rival}"
    try:
        test = comparison.test(split, part, metric, HYBRID, rival)
        mine, theirs = (comparison.result(split, part, metric, one).value for one in (HYBRID, rival))
    except DataError as error:
        return Check(name, False, f"not measured ({error})")
    found = f"{metric} {mine:.4f} against {theirs:.4f}, {test.verdict.value} on {test.n_viewers:,} viewers"
    return Check(name, test.verdict in enough and test.n_viewers > 0, f"{found} (p = {test.p:.3f})")
