"""Weights with a rule for distances from the training films, whose line lies where a test wants it."""

import json
import shutil
from hashlib import sha256
from pathlib import Path

import numpy as np

from mvm_core.models.distance import DistanceRule, TrainingFilm, ViewRule
from mvm_core.models.distance_file import FILE, rule_as_bytes
from mvm_core.radiograph import View
from mvm_core.training.distance import STAGES
from mvm_core.training.distance_stages import fit_stages


def rule(limit: float) -> DistanceRule:
    """A rule beyond which every film lies whose score is above a limit."""
    draw = np.random.default_rng(0)
    features = {STAGES[0]: draw.normal(0, 1, (200, 24)).astype(np.float32)}
    stages, _ = fit_stages(features, np.zeros(200, int), np.arange(200).astype(str))
    kept = (TrainingFilm("simulated film, site a, L2, BVF", b"picture"), TrainingFilm("real AP film, L2"))
    scores = np.full(200, limit, np.float32)
    return DistanceRule(
        {View.AP: ViewRule("ap", stages, scores, kept, np.eye(2, 24, dtype=np.float32))}, "none"
    )


def weights_with(folder: Path, shipped: Path, own: DistanceRule) -> Path:
    shutil.copytree(shipped, folder, ignore=shutil.ignore_patterns("sealed*", "*.csv"))
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["predictions"]
    content = rule_as_bytes(own)
    (folder / FILE).write_bytes(content)
    manifest["distance"] = {"file": FILE, "sha256": sha256(content).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder
