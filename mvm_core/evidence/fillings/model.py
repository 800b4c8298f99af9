"""The model, its training and its output, by the manifest and the study."""

from mvm_core.evidence.registry import filled_from
from mvm_core.evidence.release import Release
from mvm_core.models.registry import ENSEMBLES, NETWORKS, TITLES, leading_of
from mvm_core.models.weights import MANIFEST
from mvm_core.study.section import EFFECTS
from mvm_core.study.section import RECORD as STUDY
from mvm_core.study.tables import p_value

_FIRST = 12


@filled_from(MANIFEST)
def name(release: Release) -> str:
    """What the release calls itself."""
    networks = ", ".join(release.weights.networks)
    return f"No trade name. EfficientNet-B0 readings of plain spine radiographs; networks {networks}."


@filled_from(MANIFEST)
def identity(release: Release) -> str:
    """Identity of the weights."""
    return f"Weights {release.weights.identity} (SHA-256 of {MANIFEST})."


@filled_from(MANIFEST)
def notice(release: Release) -> str:
    """The notice that goes with every result."""
    return release.weights.notice


@filled_from(MANIFEST)
def inputs(release: Release) -> str:
    """What goes in: pixels alone."""
    layouts = [
        f"{name}: {' and '.join(entry['input']['views'])}, {entry['input']['layout']}, "
        f"{entry['input']['channels']} x {entry['input']['height']} x {entry['input']['width']} pixels"
        for name, entry in release.manifest["networks"].items()
    ]
    return "Pixels of the AP and the lateral film around a level; no age, sex or history.\n" + "\n".join(
        layouts
    )


@filled_from(MANIFEST)
def preprocessing(release: Release) -> str:
    """How films become inputs."""
    told = dict.fromkeys(
        f"a square of {own['region_mm']:g} mm around the level, {own['size_px']} pixels a side by area "
        f"averaging, {_clahe(own)}"
        for entry in release.manifest["networks"].values()
        for own in (entry["preprocessing"],)
    )
    return "Every film alike: " + "; or ".join(told) + "."


def _clahe(entry: dict[str, object]) -> str:
    if not entry["clahe"]:
        return "without CLAHE"
    return f"CLAHE with clip limit {entry['clahe_clip']} and {entry['clahe_tiles']} tiles a side"


@filled_from(MANIFEST)
def architecture(release: Release) -> str:
    """Networks and questions."""
    networks = release.weights.networks
    questions = dict.fromkeys(question for network in networks.values() for question in network.questions)
    told = (
        "EfficientNet-B0, global average pooling, a linear output for each question "
        f"({', '.join(questions)}); networks {', '.join(networks)}, output stride "
        f"{', '.join(dict.fromkeys(str(own.output_stride) for own in networks.values()))}."
    )
    if release.weights.second_scan is not None:
        told += " A network for disease alone reads every level beside them."
    return told


@filled_from(MANIFEST)
def ensembles(release: Release) -> str:
    """Which readings are averaged."""
    own = [name for name in ENSEMBLES if name in release.weights.readings]
    return "\n".join(
        f"{TITLES[name]}: mean of the calibrated probabilities of "
        f"{', '.join(TITLES[member] for member in ENSEMBLES[name].members)}, calibrated again."
        for name in own
    )


@filled_from(MANIFEST)
def initialisation(release: Release) -> str:
    """Starting values."""
    training = release.manifest.get("training", {})
    init = training.get("settings", {}).get("init")
    starts = dict.fromkeys(str(sum_)[:_FIRST] for sum_ in training.get("starts_sha256", {}).values())
    if init is None:
        return ""
    return f"init {init}" + (f"; SHA-256 of the starting values {', '.join(starts)}." if starts else ".")


@filled_from(MANIFEST)
def training_settings(release: Release) -> str:
    """Every setting of the training."""
    training = release.manifest.get("training", {})
    settings = [f"{k} {v}" for k, v in training.get("settings", {}).items() if not isinstance(v, dict | list)]
    used = [f"{key} used: {training[key]}" for key in ("precision", "device") if key in training]
    return "; ".join((*settings, *used)) + "." if settings else ""


@filled_from(MANIFEST)
def software(release: Release) -> str:
    """Versions of the software that trained."""
    versions = release.manifest.get("training", {}).get("versions", {})
    return ", ".join(f"{name} {version}" for name, version in versions.items())


@filled_from(STUDY, EFFECTS)
def model_selection(release: Release) -> str:
    """How the settings were chosen."""
    record, effects = release.record(STUDY), release.table(EFFECTS)
    tune = effects[effects["split"] == "tune"]
    least = p_value(tune["p_holm"].min()) if len(tune) else "not computable"
    return (
        f"Settings: {record['rule']} Cells {', '.join(record['cells'])}, {len(record['seeds'])} seeds each. "
        f"Chosen: {record['chosen']}; least p (Holm) of {len(tune)} comparisons on the tune split {least}."
    )


@filled_from(STUDY)
def rule_before(release: Release) -> str:
    """The rule written down before the study."""
    return f"Of the choice of settings: {release.record(STUDY)['rule']}"


@filled_from(MANIFEST)
def imbalance(release: Release) -> str:
    """Drawing of classes and the calibration after."""
    balance = release.manifest.get("training", {}).get("settings", {}).get("balance")
    if balance is None:
        return ""
    told = {"none": "None: every epoch draws all cases", "downsample": "The majority class is drawn down"}
    return (
        f"{told.get(balance, balance)} (balance {balance}). Probabilities are calibrated on the tune split "
        "by temperature and offset."
    )


@filled_from(MANIFEST)
def calibration_method(release: Release) -> str:
    """From a logit to a probability, with the leading reading's values."""
    reading = leading_of(release.weights.readings)
    own = release.weights.readings[reading]
    return (
        "Probability = sigmoid(x / temperature + offset), x the logit, or that of an ensemble's mean; "
        f"{TITLES[reading]}: temperature {own.temperature:.3f}, offset {own.offset:+.3f}, fitted on the tune "
        "split."
    )


@filled_from(MANIFEST)
def thresholds(release: Release) -> str:
    """The output, its zones and how their points were found."""
    reading = leading_of(release.weights.readings)
    points, training = release.weights.readings[reading].points, release.manifest.get("training", {})
    aimed = [
        f"{key.removeprefix('target_')} {training[key]:g}"
        for key in ("target_sensitivity", "target_specificity")
        if key in training
    ]
    told = (
        f"A probability of MVM. {TITLES[reading]}: BVF likely below {points.high_sensitivity:.3f}, MVM "
        f"likely from {points.high_specificity:.3f}, indeterminate between; fitted beforehand on the tune "
        f"split{' for ' + ' and '.join(aimed) if aimed else ''}."
    )
    if release.weights.disease:
        seen = ", ".join(f"{films} {own.point:.3f}" for films, own in release.weights.disease.items())
        told += (
            f" A level counts as diseased from a probability of disease by the films that show it: {seen}."
        )
    return told


@filled_from(MANIFEST)
def model_files(release: Release) -> str:
    """The files of the networks with their sums."""
    files = {network.graph.name: network.graph_sha256 for network in release.weights.networks.values()}
    if release.weights.second_scan is not None:
        files[release.weights.second_scan.graph.name] = release.weights.second_scan.graph_sha256
    listed = ", ".join(f"{file} {sum_[:_FIRST]}" for file, sum_ in files.items())
    kinds = sum(network.name in NETWORKS for network in release.weights.networks.values())
    return f"ONNX graphs in the release ({kinds} networks), SHA-256: {listed}."
