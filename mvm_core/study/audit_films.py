"""The films of an audit: one body as it is, intact, with each disease, and with each feature switched."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from mvm_core.radiograph import FilmPair, View
from mvm_core.simulation.pathology import INTACT
from mvm_core.simulation.patient import Patient, with_label
from mvm_core.simulation.variants import film_variants
from mvm_core.study.switches import SWITCHES

AS_IT_IS, WITHOUT, WITH_BVF, WITH_MVM = "as simulated", "intact", "with bvf", "with mvm"
STATES = ("off", "on")


def switched(name: str, state: str) -> str:
    """The name of the version with one feature switched."""
    return f"{name} {state}"


def audited_films(
    patient: Patient, switches: Collection[str] = tuple(SWITCHES), views: Sequence[View] = tuple(View)
) -> Iterator[tuple[str, FilmPair]]:
    """Film one body in every version of an audit, each with its name."""
    versions: dict[str, Patient] = {
        AS_IT_IS: patient,
        WITHOUT: replace(patient, disease=INTACT),
        WITH_BVF: with_label(patient, "bvf"),
        WITH_MVM: with_label(patient, "mvm"),
    }
    for name in switches:
        for state in STATES:
            versions[switched(name, state)] = getattr(SWITCHES[name], state)(patient)
    for site in dict.fromkeys(version.site.name for version in versions.values()):
        there = {name: version for name, version in versions.items() if version.site.name == site}
        body = patient if site == patient.site.name else next(iter(there.values()))
        films = film_variants(body, list(there.values()), views)
        yield from zip(there, (each.pair for each in films), strict=True)
