"""The model card and the README's results, written from the files of a release and nothing else."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from mvm_core.cohort import read_predictions
from mvm_core.errors import OutputError
from mvm_core.files import write_atomically
from mvm_core.language import capital
from mvm_core.models.registry import READING_NAMES, TITLES
from mvm_core.models.weights import MANIFEST, Weights, load_weights
from mvm_core.models.wording import HIGH_SENSITIVITY, HIGH_SPECIFICITY
from mvm_core.radiograph import View
from mvm_core.sealed import Seal, read_seal
from mvm_core.simulation.request import SIMULATOR_VERSION
from mvm_core.study.curves import displaced_section, learning_section
from mvm_core.study.distance_section import distance_section
from mvm_core.study.local_cases import local_figures_by_site
from mvm_core.study.real_films import real_films_section
from mvm_core.study.results import SPECIFICITY, study_results
from mvm_core.study.sealed_figures import sealed_figures
from mvm_core.study.sealed_section import sealed_section
from mvm_core.study.section import audit_section, study_section
from mvm_core.study.short import real_films_in_short, sealed_in_short
from mvm_core.study.tables import (
    SPLIT_TITLES,
    markdown,
    metrics_table,
)

CARD = "model_card.md"
_CELL = "release"
_DISC_NARROWED_TO = 5
_LEGEND = "Value (95 % interval) and cases; all but AUC at the threshold of greatest F1 on the tune split."
BEGIN, END = "<!-- results -->", "<!-- /results -->"
_AT_75 = ("specificity_at_75", "sensitivity_at_75", "sensitivity_sign_at_75", "sensitivity_no_sign_at_75")


def write_card(folder: Path) -> Path:
    """Write a weights folder's model card from its own files.

    Raises
    ------
    WeightsError
        If the folder is not a complete weights folder.
    TableError
        If its predictions are unfit.
    """
    return write_atomically(folder / CARD, model_card(folder).encode())


def model_card(folder: Path) -> str:
    """The model card's text; see `write_card`."""
    weights = load_weights(folder)
    manifest = json.loads((folder / MANIFEST).read_text())
    seal = read_seal(folder, weights.identity)
    parts = [
        f"# Model card\n\n**{weights.notice}**\n\n{_identity(weights)}",
        _other_simulator(weights, seal),
        *real_films_section(folder),
        *(_sealed(seal, weights) if seal is not None else _own_results(weights)),
        *displaced_section(folder, weights.identity),
        _data(manifest),
        _method(manifest),
        _points(weights),
        *study_section(folder),
        *learning_section(folder),
        *audit_section(folder, weights.identity),
        *distance_section(folder, weights.identity),
        _limits(weights, seal),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _sealed(seal: Seal, weights: Weights) -> list[str]:
    return sealed_section(seal, sealed_figures(seal), local_figures_by_site(seal, weights))


def results_block(folder: Path) -> str:
    """What stands between the README's markers."""
    weights = load_weights(folder)
    seal = read_seal(folder, weights.identity)
    if seal is not None:
        told = [
            _identity(weights),
            real_films_in_short(folder),
            sealed_in_short(sealed_figures(seal), known_to_finder=seal.known_to_finder),
            _other_simulator(weights, seal),
        ]
        return "\n\n".join(part for part in told if part)
    predictions = _predictions(weights)
    results = study_results({} if predictions is None else {_CELL: predictions})
    parts = [f"{_identity(weights)} {_origin(weights)} {_LEGEND}"]
    for split in ("test", "external"):
        if (results["split"] == split).any():
            parts += [f"**{SPLIT_TITLES[split]}**", metrics_table(results, _CELL, split)]
    return "\n\n".join(parts)


def update_readme(readme: Path, folder: Path) -> Path:
    """Write the results of a weights folder between a README's markers.

    Raises
    ------
    OutputError
        If the README has no such markers or cannot be read.
    """
    try:
        text = readme.read_text()
        before, rest = text.split(BEGIN, 1)
        _, after = rest.split(END, 1)
    except (OSError, ValueError):
        raise OutputError(
            str(readme), "it has no place for the results", f"put {BEGIN} and {END} where they belong"
        ) from None
    return write_atomically(readme, f"{before}{BEGIN}\n{results_block(folder)}\n{END}{after}".encode())


def _predictions(weights: Weights) -> pd.DataFrame | None:
    return None if weights.predictions is None else read_predictions(weights.predictions)


def _identity(weights: Weights) -> str:
    return f"Weights `{weights.identity[:12]}` (SHA-256 of the manifest)."


def _other_simulator(weights: Weights, seal: Seal | None) -> str:
    """That films simulated today are not of the kind that was learnt from; empty where they are."""
    version = weights.trained_on.get("simulator_version")
    if not weights.simulated or version == SIMULATOR_VERSION:
        return ""
    known = f"version {version}" if version is not None else "an earlier version"
    now = f"version {SIMULATOR_VERSION}"
    if seal is not None and seal.simulator_version == SIMULATOR_VERSION:
        judged = f"; the patients of the sealed test, like all simulated today, are of {now} and"
    else:
        judged = f" and are judged on such below; it now is {now}, so patients simulated today"
    told = (
        f"The networks of the readings learnt from films of {known}{judged} are drawn otherwise than those "
        "learnt from."
    )
    return f"**The simulator has changed since.** {told}"


def _origin(weights: Weights) -> str:
    if weights.simulated:
        return "All figures are of **simulated films**; they say nothing of real ones."
    return "Figures of the films that the weights were trained on and tested with."


def _data(manifest: dict[str, Any]) -> str:
    trained, training = manifest["trained_on"], manifest["training"]
    rows = [
        [split, str(count["mvm"]), str(count["bvf"]), str(count["mvm"] + count["bvf"])]
        for split, count in trained["patients"].items()
    ]
    kind = "Simulated films" if trained["simulated"] else "The user's own films"
    parts = [
        f"## Data\n\n{kind}, site {', '.join(trained['sites'])}; cohort fingerprint "
        f"`{trained['fingerprint']}`. Splits by patient.",
        markdown(["Split", "MVM", "BVF", "Patients"], rows),
    ]
    for other in training.get("also", []):
        parts.append(
            f"Learnt from as a whole besides: site {', '.join(other['sites'])}, {other['patients']} "
            f"patients; cohort fingerprint `{other['fingerprint']}`."
        )
    counts = training.get("vertebrae", {})
    if counts:
        names = list(dict.fromkeys(name for own in counts.values() for name in own))
        table = [[split, *(str(own.get(name, 0)) for name in names)] for split, own in counts.items()]
        heads = [name.replace("_", " ") for name in names]
        parts += ["Vertebrae by label, and those of real films:", markdown(["Split", *heads], table)]
    parts += _scan(manifest)
    return "\n\n".join(parts)


def _narrowed_disc(weights: Weights) -> list[str]:
    """A fault of the films learnt from, up to the version of the simulator that has it."""
    if int(weights.trained_on.get("simulator_version") or 0) > _DISC_NARROWED_TO:
        return []
    return [
        f"To version {_DISC_NARROWED_TO} the simulator narrows the disc above the level in question in "
        "everybody, in healthy people too, and networks for disease that learnt from it go by it "
        "(`explain-findings` narrows that disc alone). So a diseased vertebra below a healthy disc is found "
        "less often than told here, and a worn disc may raise an alarm."
    ]


def _scan(manifest: dict[str, Any]) -> list[str]:
    """What reads every level beside the AP and the lateral network; nothing where they read alone."""
    if "scan" not in manifest:
        return []
    scan = manifest["scan"]
    fitted, trained = scan["fitted_on"], scan["trained_on"]
    shares = ", ".join(f"{share:g} on {View(view).label} films" for view, share in fitted["shares"].items())
    versions = set(trained.get("simulator_versions", {}).values())
    earlier = "" if versions == {SIMULATOR_VERSION} else " of an earlier version of the simulator"
    return [
        "Every level is read by the AP and the lateral network and by one for disease alone, whose share in "
        f"the mean of log odds is {shares}. It learnt from {trained.get('vertebrae', 'some')} vertebrae: "
        f"simulated films{earlier}, and {trained.get('real_films', 0)} real AP films. The coefficients and "
        f"the points were fitted to {fitted['diseased']} diseased and {fitted['intact']} intact vertebrae of "
        f"the cohort `{str(fitted['fingerprint'])[:12]}`, which no network learnt from, and "
        f"{fitted['real_intact']} of real AP films of the tune part.",
        *_pair_scan(scan),
        *_pairs(manifest),
    ]


def _pair_scan(scan: dict[str, Any]) -> list[str]:
    """What looks at both films of a level at once, and how their point follows them."""
    told = []
    if "pair" in scan:
        pair = scan["pair"]
        told.append(
            f"Where both films show a level, {TITLES[pair['network']]} looks at both at once, with a share "
            f"of {pair['share']:g} in what is said of disease there (fitted to {pair['diseased']} diseased "
            f"and {pair['intact']} intact vertebrae of the cohort `{str(pair['fingerprint'])[:12]}`)."
        )
    if "film" in scan:
        film = scan["film"]
        told.append(
            "The point from which a level on both films counts as diseased follows the films: where the "
            "median of all their levels lies away from that of usual films, it moves by up to "
            f"{film['share']:g} of that distance in log odds (fitted on {film['pairs']} pairs of films of "
            f"the cohort `{str(film['fingerprint'])[:12]}`)."
        )
    return told


def _pairs(manifest: dict[str, Any]) -> list[str]:
    """What the point for levels on both films was raised by; nothing where it was not."""
    if "pairs" not in manifest:
        return []
    own = manifest["pairs"]
    beside = f", each of them laid beside {own['beside']} of its level" if "beside" in own else ""
    return [
        "The point for levels that both films show is as high as it has to be for "
        f"{100 * own['specificity']:g} % of all pairs of a vertebra of those real AP films "
        f"({own['real_ap']}) and an intact one of simulated lateral films ({own['intact_lateral']}, cohort "
        f"`{str(own['fingerprint'])[:12]}`, which these networks have not learnt from{beside}) to "
        "lie below it."
    ]


def _method(manifest: dict[str, Any]) -> str:
    training, networks = manifest["training"], manifest["networks"]
    settings = training.get("settings", {})
    preprocessing = next(iter(networks.values()))["preprocessing"]
    questions = ", ".join(next(iter(networks.values())).get("questions", {"mvm": None}))
    rows = [
        [str(key), f"`{value}`"]
        for key, value in {**settings, **preprocessing, **training.get("versions", {})}.items()
        if not isinstance(value, dict)
    ]
    for key in ("precision", "device"):
        if key in training:
            rows.append([f"{key} used", f"`{training[key]}`"])
    return (
        "## Method\n\nEfficientNet-B0, global average pooling, a linear output for each question "
        f"({questions}); networks {', '.join(networks)}. Probability = sigmoid(x / temperature + offset), "
        "where x is a single reading's logit, or the logit of the mean of an ensemble's members; both fitted "
        "on the tune split.\n\n" + markdown(["Setting", "Value"], rows)
    )


def _own_results(weights: Weights) -> list[str]:
    """Results of weights that were not sealed, by their own predictions."""
    predictions = _predictions(weights)
    results = study_results({} if predictions is None else {_CELL: predictions})
    if results.empty:
        return ["## Results\n\nThere are no predictions in this folder."]
    parts = [f"## Results\n\n{_origin(weights)} {_LEGEND}"]
    for split, title in SPLIT_TITLES.items():
        if (results["split"] == split).any():
            parts += [f"### {title}", metrics_table(results, _CELL, split)]
            if "sensitivity_no_sign" in set(results["metric"]):
                parts += [
                    "By radiographic sign, at the threshold of specificity "
                    f"{SPECIFICITY:g} on the tune split:",
                    metrics_table(results, _CELL, split, _AT_75),
                ]
    return [*parts, _calibration(results)]


def _points(weights: Weights) -> str:
    rows = [
        [
            TITLES[name],
            f"{calibration.points.high_sensitivity:.3f}",
            f"{calibration.points.high_specificity:.3f}",
            f"{calibration.temperature:.3f}",
            f"{calibration.offset:+.3f}",
        ]
        for name in READING_NAMES
        if (calibration := weights.readings.get(name)) is not None
    ]
    return (
        "## Operating points\n\nFitted on the tune split. Below the first BVF is likely, from the second on "
        "MVM is, between them the reading is indeterminate.\n\n"
        + markdown(
            ["Reading", capital(HIGH_SENSITIVITY), capital(HIGH_SPECIFICITY), "Temperature", "Offset"], rows
        )
    )


def _calibration(results: pd.DataFrame) -> str:
    parts = [
        f"### {SPLIT_TITLES[split]}\n\n"
        + metrics_table(results, _CELL, split, ("calibration_slope", "calibration_intercept"))
        for split in ("test", "external")
        if (results["split"] == split).any()
    ]
    return "\n\n".join(["## Calibration\n\nSlope 1 and intercept 0 are perfect.", *parts]) if parts else ""


def _limits(weights: Weights, seal: Seal | None) -> str:
    lines = ["Not a medical device."]
    if weights.simulated:
        lines += [
            "Metastasis and fracture were learnt and tested on simulated films only: nothing here tells how "
            "well the models tell them apart, or find them, in patients.",
            "Not tested: other projections than AP and lateral, other diseases than those named above.",
            *_narrowed_disc(weights),
        ]
    else:
        lines.append("Not tested: films of other sites than those named above.")
    lines.append(
        "The level in question is found, or marked by the user, whose mark wins; a found level may be wrong."
    )
    if seal is not None:
        lines += [
            f"Not tested under seal: site {site}." for site in ("a", "b", "c") if site not in seal.cohorts
        ]
    else:
        predictions = _predictions(weights)
        splits = set() if predictions is None else set(predictions["split"])
        lines += [
            f"Not tested on a split named {split}: there is none in the predictions."
            for split in ("test", "external")
            if split not in splits
        ]
    return "## Known limits, and what has not been tested\n\n" + "\n".join(f"- {line}" for line in lines)
