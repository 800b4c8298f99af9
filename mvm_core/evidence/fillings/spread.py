"""Differences between sites and groups of patients."""

from collections.abc import Iterator, Sequence

from numpy.typing import ArrayLike

from mvm_core.cohort import MVM
from mvm_core.evidence.registry import filled_from
from mvm_core.evidence.release import SEALED, Release
from mvm_core.study.sealed_figures import POINTS
from mvm_core.study.sealed_section import outside_first
from mvm_core.validation.rates import rate_text
from mvm_core.validation.subgroups import age_bands, forest

_SEXES = {"F": "women", "M": "men"}


@filled_from(*SEALED)
def sites_apart(release: Release) -> str:
    """What is worse at other sites."""
    if not release.sites:
        return ""
    worse = " ".join(outside_first(release.sites)).replace("*", "")
    areas = ", ".join(f"{site.site} {site.areas[site.reading].auc:.3f}" for site in release.sites)
    return f"{worse or 'No figure is worse at another site.'} Areas by site: {areas}."


@filled_from(*SEALED)
def subgroups(release: Release) -> str:
    """Rates at high specificity by sex and age, all sealed sites taken together."""
    if not release.sites:
        return ""
    reading = release.sites[0].reading
    rows = MVM.rows(release.sealed_predictions)
    own = rows[rows["model"] == reading]
    threshold = release.sites[0].at_points[POINTS[1]].threshold
    sexes = [_SEXES.get(sex, "") for sex in own["sex"]]
    lines = [f"At high specificity ({threshold:.3f}), all sealed sites together, 95 % intervals:"]
    for groups in (sexes, age_bands(own["age"].tolist())):
        lines += _rates(MVM.positives(own), own["probability"].to_numpy(), groups, threshold)
    return "\n".join(lines)


def _rates(positive: ArrayLike, scores: ArrayLike, groups: Sequence[str], threshold: float) -> Iterator[str]:
    found = forest(positive, scores, groups, threshold).subgroups
    # "under 50" comes before "50-59".
    for group in sorted(found, key=lambda each: (not each.name.startswith("under"), each.name)):
        yield (
            f"{group.name}: sensitivity {rate_text(group.sensitivity)}, specificity "
            f"{rate_text(group.specificity)}"
        )


@filled_from(*SEALED)
def gaps(release: Release) -> str:
    """What the cohorts do not tell of their patients."""
    if release.seal is None:
        return ""
    known = [column for column in ("age", "sex", "level") if release.sealed_predictions[column].notna().any()]
    return f"Of a sealed patient the tables know {', '.join(known)}, the disease and its findings; no more."
