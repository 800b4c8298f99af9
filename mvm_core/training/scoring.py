"""What a trained network says of cut films: logits by case and reading."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from mvm_core.imaging.preprocess import Preprocessing
from mvm_core.models.registry import NETWORKS, SINGLE_READINGS
from mvm_core.training.batches import Batch, batches
from mvm_core.training.epochs import NetworkSample
from mvm_core.training.networks import EvidenceNetwork
from mvm_core.training.patches import Patches

_BATCH = 32


def score_patches(
    name: str, network: EvidenceNetwork, patches: Patches, settings: Preprocessing, splits: Sequence[str]
) -> pd.DataFrame:
    """Read the cut films of some splits with every single reading of a network, in single precision.

    Parameters
    ----------
    name : str
        Of the registry.
    network : EvidenceNetwork
        In evaluation mode.

    Returns
    -------
    DataFrame
        Columns ``case_id, site, split, label, sign, level, age, sex, model, logit``, and ``logit_disease``
        where the network is asked it.
    """
    definition = NETWORKS[name]
    rows: list[dict[str, object]] = []
    for single in (each for each in SINGLE_READINGS.values() if each.network == name):
        samples = [
            NetworkSample(int(case), single.views)
            for case in patches.having(single.views)
            if patches.cases[case].split in splits
        ]
        logits = _logits(
            network, batches(samples, patches, definition, settings, size=_BATCH, augmentation=None)
        )
        for sample, own in zip(samples, logits, strict=True):
            said = dict(zip(("logit", "logit_disease"), own.tolist(), strict=False))
            rows.append({**patches.cases[sample.case].described, "model": single.name, **said})
    return pd.DataFrame(rows)


def _logits(network: EvidenceNetwork, prepared: Iterable[Batch]) -> NDArray[np.float32]:
    device = next(network.parameters()).device
    found = []
    with torch.inference_mode():
        for batch in prepared:
            films = torch.from_numpy(batch.films).to(device, memory_format=torch.channels_last)
            found.append(network(films)[0].float().cpu().numpy())
    return np.concatenate(found) if found else np.zeros((0, 1), np.float32)
