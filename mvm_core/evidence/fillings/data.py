"""Where the data come from, how they were divided, and who is in them."""

from collections.abc import Iterator

import pandas as pd

from mvm_core.cohort import MVM, read_predictions
from mvm_core.evidence.registry import filled_from
from mvm_core.evidence.release import SEALED, Release
from mvm_core.models.weights import MANIFEST, PREDICTIONS
from mvm_core.sealed import TABLES

_FIRST = 12
_REAL = {"real": "intact vertebrae of real films", "real_films": "real films"}


@filled_from(MANIFEST)
def data_sources(release: Release) -> str:
    """Cohorts learnt from and tested on, by fingerprint."""
    trained, training = release.manifest["trained_on"], release.manifest.get("training", {})
    kind = "Simulated films" if release.simulated else "The user's own films"
    version = trained.get("simulator_version")
    simulator = f", simulator version {version}" if version is not None else ""
    lines = [
        f"{kind}, site {', '.join(trained['sites'])}, {_patients(trained['patients'])} patients with MVM or "
        f"BVF; fingerprint {str(trained['fingerprint'])[:_FIRST]}{simulator}."
    ]
    lines += [
        f"Learnt from as a whole besides: site {', '.join(other['sites'])}, {other['patients']} patients; "
        f"fingerprint {str(other['fingerprint'])[:_FIRST]}."
        for other in training.get("also", [])
    ]
    counts = training.get("vertebrae", {})
    lines += [f"Vertebrae learnt from, {split}: {_vertebrae(own)}." for split, own in counts.items()]
    if release.seal is not None:
        lines.append(f"Judged under seal on simulated patients of sites {', '.join(release.seal.cohorts)}.")
    return "\n".join(lines)


def _patients(splits: dict[str, dict[str, int]]) -> int:
    return sum(sum(own.values()) for own in splits.values())


def _vertebrae(own: dict[str, int]) -> str:
    return ", ".join(f"{count} {_REAL.get(name, name)}" for name, count in own.items())


@filled_from(MANIFEST)
def partitions(release: Release) -> str:
    """Splits with their numbers."""
    splits = [
        f"{split}: {own['mvm']} MVM, {own['bvf']} BVF"
        for split, own in release.manifest["trained_on"]["patients"].items()
    ]
    told = f"By patient, who is in one split alone. {'; '.join(splits)}."
    if release.seal is not None:
        told += " The sealed patients are others again."
    return told


@filled_from(MANIFEST)
def outcome(release: Release) -> str:
    """The label, and why it is known; of own films the manifest does not tell."""
    if not release.simulated:
        return ""
    return (
        "MVM (metastasis) or BVF (benign fracture) of the level in question: the disease that the simulator "
        "put into the patient, known without error, at the time of the film. Disease as such: any of its "
        "kinds against intact."
    )


@filled_from(MANIFEST)
def regions(release: Release) -> str:
    """Which parts of films are learnt from."""
    training = release.manifest.get("training", {})
    intact = training.get("settings", {}).get("intact_per_patient")
    counts = training.get("vertebrae", {})
    if intact is None or not counts:
        return ""
    told = "; ".join(f"{split}: {_vertebrae(own)}" for split, own in counts.items())
    return f"Regions around levels: the diseased ones, and {intact} intact ones a patient. {told}."


@filled_from(MANIFEST)
def acquisition(release: Release) -> str:
    """How films came about."""
    if not release.simulated:
        return ""
    version = release.manifest["trained_on"].get("simulator_version")
    return (
        f"AP and lateral films made by the project's simulator{f', version {version}' if version else ''}; "
        "its sites differ in technique, detector and processing (`python -m mvm_core sites` lists them)."
    )


@filled_from(*SEALED)
def sealed_design(release: Release) -> str:
    """How the sealed test was drawn."""
    seal = release.seal
    if seal is None:
        return ""
    sites = "; ".join(f"site {site} from seed {own['seed']}" for site, own in seal.cohorts.items())
    trial = "" if seal.share == 1 else f" A trial on {seal.share:.0%} of the full numbers."
    times = "once" if seal.opened == 1 else f"{seal.opened} times"
    source = "the manifests of weights and finder" if seal.finder else "the manifest"
    known = " The finder has changed since the first opening." if seal.known_to_finder else ""
    return (
        f"Random series of simulated patients whose seeds follow from the SHA-256 of {source}, drawn and "
        f"read after the weights were finished: {sites}; simulator version {seal.simulator_version}. Opened "
        f"{times} for these weights.{known}{trial}"
    )


@filled_from(*SEALED)
def sealed_date(release: Release) -> str:
    """When the sealed test was opened last for these weights."""
    seal = release.seal
    if seal is None:
        return ""
    dates = [each.date[:10] for each in seal.openings if each.weights == seal.weights]
    return f"Sealed test opened on {dates[-1]}." if dates else ""


@filled_from(*SEALED)
def sealed_size(release: Release) -> str:
    """Numbers of the sealed test."""
    seal = release.seal
    if seal is None:
        return ""
    sites = "; ".join(
        f"site {site}: {own['patients']} patients, {own['mvm']} MVM, {own['bvf']} BVF"
        for site, own in seal.cohorts.items()
    )
    return f"Set before the test, {seal.share:.0%} of the full numbers: {sites}."


@filled_from(*SEALED)
def flow(release: Release) -> str:
    """From patients drawn to patients read, by site."""
    if release.seal is None:
        return ""
    unmarked = MVM.rows(read_predictions(release.folder / TABLES["unmarked"]))
    lines = []
    for site in release.sites:
        drawn = release.seal.cohorts[site.site]
        found = unmarked[(unmarked["site"] == site.site) & (unmarked["model"] == site.reading)]
        lines.append(
            f"Site {site.site}: {drawn['patients']} drawn, {drawn['healthy']} healthy, {drawn['other']} with "
            f"something else, {drawn['mvm']} MVM and {drawn['bvf']} BVF; of the last two "
            f"{site.areas[site.reading].n} read at the marked level, {len(found)} where no box was drawn."
        )
    return "\n".join(lines)


@filled_from(PREDICTIONS, *SEALED)
def characteristics(release: Release) -> str:
    """Age, sex and level of each cohort's patients with MVM or BVF."""
    if release.seal is None or release.weights.predictions is None:
        return ""
    inside = MVM.rows(read_predictions(release.weights.predictions))
    sealed = MVM.rows(release.sealed_predictions)
    lines = [_described(f"{split} split", own) for split, own in inside.groupby("split", sort=False)]
    lines += [_described(f"sealed site {site}", own) for site, own in sealed.groupby("site", sort=False)]
    return "\n".join(lines)


def _described(title: str, rows: pd.DataFrame) -> str:
    patients = rows.drop_duplicates("case_id")
    ages = patients["age"].dropna()
    women, known = int((patients["sex"] == "F").sum()), int(patients["sex"].isin(("F", "M")).sum())
    levels = patients["level"].str[0].value_counts()
    regions = ", ".join(f"{count} {name}" for name, count in _regions(levels))
    age = f"age {ages.mean():.1f} (SD {ages.std():.1f}), " if len(ages) > 1 else ""
    return f"{title}: {len(patients)} patients, {age}{women}/{known} women; {regions}."


def _regions(levels: "pd.Series[int]") -> Iterator[tuple[str, int]]:
    for letter, region in (("C", "cervical"), ("T", "thoracic"), ("L", "lumbar"), ("S", "sacral")):
        if letter in levels:
            yield region, int(levels[letter])


@filled_from(*SEALED)
def severity(release: Release) -> str:
    """Kinds, signs and severity of the sealed patients' disease."""
    if release.seal is None:
        return ""
    cases = release.sealed_cases
    lines = []
    for label in ("mvm", "bvf"):
        own = cases[cases["label"] == label]
        kinds = ", ".join(f"{count} {kind}" for kind, count in own["kind"].value_counts().items())
        grades = own["severity"].value_counts().sort_index()
        severities = ", ".join(f"{count} of severity {grade}" for grade, count in grades.items())
        lines.append(f"{label.upper()}, {len(own)}: {kinds}; collapse {severities}.")
    signs = cases.loc[cases["label"] == "mvm", "sign"].value_counts()
    lines.append(f"MVM with a sign on a film {signs.get('sign', 0)}, without {signs.get('no-sign', 0)}.")
    return "\n".join(lines)


@filled_from(*SEALED)
def alternatives(release: Release) -> str:
    """What those without MVM have."""
    if release.seal is None:
        return ""
    cases = release.sealed_cases
    other = cases.loc[cases["label"] == "other", "kind"].value_counts()
    kinds = ", ".join(f"{count} {kind}" for kind, count in other.items())
    counts = cases["label"].value_counts()
    return (
        f"BVF {counts.get('bvf', 0)}, healthy {counts.get('intact', 0)}, something else "
        f"{counts.get('other', 0)}: {kinds}."
    )


@filled_from(*SEALED)
def missing_data(release: Release) -> str:
    """Whether every patient with MVM or BVF has a result."""
    if release.seal is None:
        return ""
    told = []
    for site in release.sites:
        asked = site.mvm + site.bvf
        told.append(
            f"site {site.site}: {asked - site.areas[site.reading].n} of {asked} at the marked level, "
            f"{asked - site.unmarked.n} of {asked} where no box was drawn"
        )
    return (
        f"Patients without a result of both films: {'; '.join(told)}. They are left out of the areas; a "
        "level that was not found counts as missed in the rates by level."
    )


@filled_from(*SEALED)
def data_again(release: Release) -> str:
    """How the sealed films are made again."""
    seal = release.seal
    if seal is None or not release.simulated:
        return ""
    seeds = ", ".join(f"{site} {own['seed']}" for site, own in seal.cohorts.items())
    return (
        f"The tables of the sealed test are in the release. Its films are made again by the simulator, "
        f"version {seal.simulator_version}, from the seeds {seeds}; site c takes surfaces that are not in it."
    )


@filled_from(*SEALED)
def outputs_kept(release: Release) -> str:
    """Which outputs lie in the release, with their sums."""
    seal = release.seal
    if seal is None:
        return ""
    sums = ", ".join(
        f"{TABLES[name]} {sum_[:_FIRST]}" for name, sum_ in release.record("sealed.json")["tables"].items()
    )
    return f"Every reading of every sealed patient, by table with its SHA-256: {sums}."


@filled_from(*SEALED)
def blind_index(release: Release) -> str:
    """What the readings knew."""
    if release.seal is None:
        return ""
    return (
        "The readings saw the pixels and, at the marked level, which level is asked about; no label, no age, "
        "sex or history. The patients did not exist before the weights were finished."
    )


@filled_from(MANIFEST, *SEALED)
def development_and_evaluation(release: Release) -> str:
    """Prevalence and numbers of both, site by site."""
    if release.seal is None:
        return ""
    lines = [
        f"Development, {split}: {own['mvm']}/{own['mvm'] + own['bvf']} MVM"
        for split, own in release.manifest["trained_on"]["patients"].items()
    ]
    inside = release.manifest["trained_on"]["sites"]
    lines += [
        f"Evaluation, site {site.site} ({'the same kind of' if site.site in inside else 'another'} site): "
        f"{site.mvm}/{site.mvm + site.bvf} MVM"
        for site in release.sites
    ]
    return "\n".join(lines)
