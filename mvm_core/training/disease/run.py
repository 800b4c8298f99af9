"""`train-disease`: cohorts and real films in, the disease network of a weights folder out."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from mvm_core.cohort import read_manifest
from mvm_core.cohort.marked_films import MarkedFilm, read_marked, to_learn
from mvm_core.errors import TrainingError
from mvm_core.imaging.preprocess import Preprocessing
from mvm_core.training.averaging import mean_of
from mvm_core.training.disease.patches import VertebraPatch, real_patches, simulated_patches
from mvm_core.training.disease.release import write_disease
from mvm_core.training.disease.task import disease_network, disease_task
from mvm_core.training.networks import LITE0_SHA256
from mvm_core.training.steps import StepSettings, train_by_steps

PREPROCESSING = Preprocessing(region_mm=96.0, size_px=112, clahe=False)
CHECKPOINT = "disease.checkpoint"


def train_disease(
    cohorts: Sequence[Path],
    out: Path,
    settings: StepSettings,
    *,
    real: Path | None = None,
    start: Path | None = None,
    average: bool = False,
    resume: bool = False,
    progress: Callable[[str, int, int], None] | None = None,
) -> Path:
    """Train, calibrate on the tune split and write the network; gives its manifest.

    Parameters
    ----------
    cohorts : sequence of Path
        Simulated cohorts with a levels.csv.
    real : Path, optional
        Folder of marked real films without known disease, whose AP films of the training part are learnt
        from as intact, and with disease implanted.
    start : Path, optional
        Checkpoint of an earlier run, or its graph, whose weights are started from; else those of ImageNet.
    average : bool
        Whether what is written is the mean of the weights started from and those that they became.

    Raises
    ------
    TrainingError
        If there is nothing to learn from, or the start cannot be read.
    TableError, FilmError
        If a cohort or a film cannot be read.
    """
    tell = progress or (lambda title, done, total: None)
    # First of all: films take minutes to cut.
    network = disease_network(settings.seed, start)
    train: list[VertebraPatch] = []
    tune: list[VertebraPatch] = []
    for cohort in cohorts:
        cut = simulated_patches(
            cohort,
            PREPROCESSING,
            ("train", "tune"),
            lambda done, total: tell("Cutting vertebrae", done, total),
        )
        train += [patch for patch in cut if patch.split == "train"]
        tune += [patch for patch in cut if patch.split == "tune"]
    learnt: list[MarkedFilm] = []
    if real is not None:
        marked = read_marked(real)
        learnt = to_learn(marked, "train")
        train += real_patches(learnt, PREPROCESSING, "train")
        tune += real_patches(to_learn(marked, "tune"), PREPROCESSING, "tune")
    if not any(patch.diseased for patch in tune):
        raise TrainingError(
            "train-disease", "the tune split has no diseased vertebra", "name a larger cohort of site a"
        )
    trained = train_by_steps(
        disease_task(train, settings, PREPROCESSING, network),
        settings,
        out / CHECKPOINT,
        resume=resume,
        progress=lambda done, total: tell("Training", done, total),
    )
    if average and start is not None:
        trained = mean_of(trained, disease_network(settings.seed, start))
    manifests = {folder: read_manifest(folder) for folder in cohorts}
    trained_on = {
        "simulated": True,
        "cohorts": {folder.name: manifest.fingerprint for folder, manifest in manifests.items()},
        "simulator_versions": {
            folder.name: manifest.simulator_version for folder, manifest in manifests.items()
        },
        "real_films": len(learnt),
        "vertebrae": len(train),
        "settings": asdict(settings),
        "averaged_with_start": average and start is not None,
        "start": LITE0_SHA256 if start is None else hashlib.sha256(start.read_bytes()).hexdigest(),
    }
    return write_disease(out, trained, PREPROCESSING, tune, trained_on)
