"""Weights whose networks answer two questions, made in seconds: for tests of what is shown of them."""

from pathlib import Path

import torch

from mvm_core.cohort import Cohort
from mvm_core.inference import SHIPPED
from mvm_core.models.calibration import DiseaseCalibration, ReadingCalibration
from mvm_core.models.registry import NETWORKS, QUESTIONS, SINGLE_READINGS
from mvm_core.models.weights import SEEN_ON, load_weights
from mvm_core.training.networks import build_network
from mvm_core.training.release import export_network, write_weights

POINT = 0.5


def write_two_outputs(folder: Path, names: tuple[str, ...] = ("ap", "merge")) -> Path:
    """Shipped networks given a second output that speaks for whatever the first speaks of, either way.

    It is no trained answer: its maps only differ from those of the first, and reach both ends of the scale.
    """
    shipped = load_weights(SHIPPED)
    exported = []
    for name in names:
        entry = shipped.networks[name]
        network = build_network(NETWORKS[name], str(entry.graph), entry.output_stride, QUESTIONS).eval()
        with torch.no_grad():
            torch.manual_seed(7)
            own = network.head.weight[0]
            network.head.weight[1] = 2 * own.abs() * torch.sign(torch.randn_like(own) + 0.3)
            network.head.bias[1] = 3.0
        exported.append(export_network(name, network, entry.preprocessing, entry.output_stride))
    disease = DiseaseCalibration(1.5, 0.1, POINT)
    readings = {
        name: ReadingCalibration(own.temperature, own.points, own.offset, disease)
        for name, own in shipped.readings.items()
        if name not in SINGLE_READINGS or SINGLE_READINGS[name].network in names
    }
    cohort = Cohort(folder, (), "0" * 64, simulated=True)
    scan = dict.fromkeys(SEEN_ON, disease) if {"ap", "lateral"} <= set(names) else None
    write_weights(folder, exported, readings, cohort=cohort, training={}, scan=scan)
    return folder


def write_one_output(folder: Path, names: tuple[str, ...] = ("ap", "merge")) -> Path:
    """Shipped networks without the output for disease, as all networks once were."""
    shipped = load_weights(SHIPPED)
    exported = []
    for name in names:
        entry = shipped.networks[name]
        network = build_network(NETWORKS[name], str(entry.graph), entry.output_stride, QUESTIONS[:1]).eval()
        exported.append(export_network(name, network, entry.preprocessing, entry.output_stride))
    readings = {
        name: ReadingCalibration(own.temperature, own.points, own.offset)
        for name, own in shipped.readings.items()
        if name not in SINGLE_READINGS or SINGLE_READINGS[name].network in names
    }
    cohort = Cohort(folder, (), "0" * 64, simulated=True)
    write_weights(folder, exported, readings, cohort=cohort, training={})
    return folder
