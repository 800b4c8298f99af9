"""One table of what differs between the simulated sites: films, people, diseases, bones."""

from collections.abc import Callable

from mvm_core.radiograph import View
from mvm_core.simulation.anywhere import NOWHERE
from mvm_core.simulation.case_mix import CASE_MIXES, CaseMix
from mvm_core.simulation.sites import SITES, SURFACE_SITES, Site

_Row = tuple[str, Callable[[Site, CaseMix], str]]


def site_table() -> str:
    """The table as Markdown: a row for each difference, a column for each site."""
    names = list(SITES)
    lines = ["| | " + " | ".join(f"site {name}" for name in names) + " |", "| --- " * (len(names) + 1) + "|"]
    for title, cell in _ROWS:
        cells = [_DRAWN if _drawn(title, name) else cell(SITES[name], CASE_MIXES[name]) for name in names]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines)


_DRAWN = "drawn wide"


def _drawn(title: str, name: str) -> bool:
    return name in NOWHERE and title in ("Detector", "Scatter past the grid", "Processing", "Films")


def _primaries(sex: str) -> Callable[[Site, CaseMix], str]:
    def cell(site: Site, mix: CaseMix) -> str:
        return ", ".join(f"{organ} {share:.0%}" for organ, share in mix.primaries[sex].items())

    return cell


def _films(site: Site, mix: CaseMix) -> str:
    habits = site.habits
    kinds = {
        "text burned in": habits.annotated,
        "inverted": habits.monochrome1,
        "compressed": habits.compressed,
        "few tags": habits.sparse_tags,
    }
    return ", ".join([f"{habits.marker} marker", *(kind for kind, there in kinds.items() if there)])


def _processing(site: Site, mix: CaseMix) -> str:
    processing = site.processing
    return f"gamma {processing.gamma[0]:g} to {processing.gamma[1]:g}, local contrast {processing.equalise:g}"


def _own(name: str) -> bool:
    return name not in SURFACE_SITES


_ROWS: tuple[_Row, ...] = (
    ("Part in training", lambda site, mix: "kept apart" if site.external else "may be learnt from"),
    ("Tube (AP; lateral)", lambda site, mix: "; ".join(f"{site.tube(v).kvp:g} kV" for v in View)),
    ("Detector", lambda site, mix: f"{site.detector.phosphor}, {site.mm_per_pixel:g} mm"),
    ("Scatter past the grid", lambda site, mix: f"{site.grid:g}"),
    ("Processing", _processing),
    ("Films", _films),
    ("Metastases among the diseased", lambda site, mix: f"{site.prevalence:.0%}"),
    ("Age (mean, SD)", lambda site, mix: f"{site.age_mean:g}, {site.age_spread:g}"),
    ("Women", lambda site, mix: f"{site.female_share:.0%}"),
    ("Implants", lambda site, mix: f"{site.implant_share:.0%}"),
    ("Loss of mineral against the usual", lambda site, mix: f"{site.osteopenia_shift:+g}"),
    ("Primary tumours of women", _primaries("F")),
    ("Primary tumours of men", _primaries("M")),
    ("Acute among benign fractures", lambda site, mix: f"{mix.acute_share:.0%}"),
    (
        "Metastases small, middling, large",
        lambda site, mix: ", ".join(f"{share:.0%}" for share in mix.severities),
    ),
    ("Thoracic level in question, against the usual", lambda site, mix: f"{mix.thoracic:g}"),
    ("Shape of foci", lambda site, mix: mix.foci),
    ("Spongy bone", lambda site, mix: site.trabeculae),
    (
        "Vertebrae, sacrum, pelvis, ribs",
        lambda site, mix: "drawn by the program" if _own(site.name) else "surfaces of --anatomy",
    ),
)
