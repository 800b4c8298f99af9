"""What a release has of that which a clinical validation needs."""

from mvm_core.evidence.registry import filled_from
from mvm_core.evidence.release import SEALED, Release
from mvm_core.models.weights import MANIFEST
from mvm_core.validation.rates import rate_text
from mvm_core.validation.sample_size import cases_for_auc

_WIDTH = 0.1


@filled_from(MANIFEST)
def patients_learnt_from(release: Release) -> str:
    """Real patients with disease among those learnt from."""
    trained = release.manifest["trained_on"]
    patients = sum(sum(own.values()) for own in trained["patients"].values())
    if release.simulated:
        return f"None: all {patients} patients with MVM or BVF of the cohort learnt from are simulated."
    return f"{patients} patients of site {', '.join(trained['sites'])}."


@filled_from(*SEALED)
def something_else(release: Release) -> str:
    """How often levels with another disease, and intact ones, are flagged where no box is drawn."""
    return "\n".join(
        f"Site {site.site}, flagged: levels with something else {rate_text(site.levels.other_flagged)}, "
        f"intact levels {rate_text(site.levels.intact_flagged)}"
        for site in release.sites
    )


@filled_from(*SEALED)
def sample_size(release: Release) -> str:
    """Cases for a narrow interval, were the area in patients the least of the sealed sites'."""
    if not release.sites:
        return ""
    site = min(release.sites, key=lambda each: each.areas[each.reading].auc)
    area, prevalence = site.areas[site.reading].auc, site.mvm / (site.mvm + site.bvf)
    if not 0.5 < area < 1 or not 0 < prevalence < 1:
        return ""
    needed = cases_for_auc(area, _WIDTH, prevalence)
    return (
        f"Were the area in patients that of site {site.site} ({area:.3f}, prevalence {prevalence:.2f}), an "
        f"interval of width {_WIDTH:g} would take {needed.n} patients, {needed.positives} of them with MVM "
        "(Hanley and McNeil); with a smaller area more."
    )
