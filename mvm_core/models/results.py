"""From what networks say of films to results: calibrated, with a zone, averaged in ensembles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mvm_core.models.calibration import DiseaseCalibration, ReadingCalibration, calibrated_mean
from mvm_core.models.reading import EvidenceMap, ReadingResult, Spread, Zone
from mvm_core.models.registry import Ensemble
from mvm_core.radiograph import View


@dataclass(frozen=True)
class Answer:
    """What a network says to one question of the films of a single reading.

    Attributes
    ----------
    logit : float
    evidence : mapping of View to EvidenceMap
    """

    logit: float
    evidence: Mapping[View, EvidenceMap]


def single_result(name: str, answers: Mapping[str, Answer], calibration: ReadingCalibration) -> ReadingResult:
    """The result of a single reading from its network's answers, by question."""
    mvm, disease = answers["mvm"], answers.get("disease")
    probability = calibration.probability(mvm.logit)
    result = ReadingResult(
        name=name,
        probability=probability,
        logit=mvm.logit,
        zone=calibration.points.zone(probability),
        points=calibration.points,
        evidence=mvm.evidence,
    )
    if disease is None or calibration.disease is None:
        return result
    return _with_disease(
        replace(result, disease_logit=disease.logit),
        calibration.disease,
        calibration.disease.probability(disease.logit),
        disease.evidence,
    )


def ensemble_result(
    ensemble: Ensemble,
    singles: Mapping[str, ReadingResult],
    calibrations: Mapping[str, ReadingCalibration],
) -> ReadingResult:
    """The result of an ensemble from those of its members, which are all there."""
    members = [singles[name] for name in ensemble.members]
    probabilities = np.array([member.probability for member in members])
    calibration = calibrations[ensemble.name]
    probability, points = calibrated_mean(calibration, probabilities), calibration.points
    result = ReadingResult(
        name=ensemble.name,
        probability=probability,
        logit=None,
        zone=points.zone(probability),
        points=points,
        evidence=_mean_evidence([(each.evidence, calibrations[each.name].temperature) for each in members]),
        members=ensemble.members,
        spread=Spread(float(probabilities.min()), float(probabilities.max()), float(probabilities.std())),
    )
    of_disease = [each.probability_disease for each in members if each.probability_disease is not None]
    if calibration.disease is None or len(of_disease) < len(members):
        return result
    return _with_disease(
        result,
        calibration.disease,
        calibrated_mean(calibration.disease, np.array(of_disease)),
        _mean_evidence(
            [
                (each.disease_evidence, own.temperature)
                for each in members
                if (own := calibrations[each.name].disease) is not None
            ]
        ),
    )


def _with_disease(
    result: ReadingResult,
    calibration: DiseaseCalibration,
    probability: float,
    evidence: Mapping[View, EvidenceMap],
) -> ReadingResult:
    return replace(
        result,
        zone=result.zone if probability >= calibration.point else Zone.NOTHING_SEEN,
        probability_disease=probability,
        disease_point=calibration.point,
        disease_evidence=evidence,
    )


def _mean_evidence(members: Sequence[tuple[Mapping[View, EvidenceMap], float]]) -> dict[View, EvidenceMap]:
    """The mean over the members that look at a film, each map divided by its member's temperature."""
    evidence = {}
    for view in View:
        maps = [(own[view], temperature) for own, temperature in members if view in own]
        if maps:
            values = np.mean([m.values / temperature for m, temperature in maps], axis=0)
            evidence[view] = EvidenceMap(values.astype(np.float32), maps[0][0].region)
    return evidence
