"""All results of a reader study as plain numbers for programs."""

from dataclasses import asdict
from typing import Any

from mvm_core.review.reader_study import ReaderReview
from mvm_core.review.reader_tables import following_rows
from mvm_core.validation.mrmc_results import Analysis


def as_dict(reviewed: ReaderReview) -> dict[str, Any]:
    """All results with plain types, ready for JSON."""
    study = reviewed.study
    estimator = reviewed.analyses[0].estimator
    times, advice = reviewed.times, reviewed.following
    return {
        "table": reviewed.name,
        "simulated_films": reviewed.simulated,
        "design": reviewed.layout.design.name.lower(),
        "fixed": reviewed.fixed.value,
        "covariance": estimator.value if estimator else None,
        "modalities": list(study.modalities),
        "readers": list(study.readers),
        "cases": len(study.cases),
        "positives": int(study.truth.sum()),
        "threshold": reviewed.answers.threshold,
        "merits": {one.merit: _analysis(one, reviewed) for one in reviewed.analyses},
        "next_study": [
            {"readers": readers, "cases": plan.cases if plan else None, "power": plan.power if plan else None}
            for readers, plan in reviewed.plans
        ],
        "agreement": [
            {
                "group": group,
                "modality": modality,
                "kappa": asdict(reviewed.kappa[group, modality])
                if (group, modality) in reviewed.kappa
                else None,
                "icc": asdict(found),
            }
            for (group, modality), found in reviewed.icc.items()
        ],
        "calibration": [
            {
                "modality": modality,
                "reader": reader,
                **{name: getattr(found, name) for name in ("brier", "intercept", "slope", "ici", "left_out")},
            }
            for (modality, reader), found in reviewed.calibration.items()
        ],
        "times": None
        if times is None
        else {
            "seconds": {name: list(found) for name, found in times.means.items()},
            "ratios": [
                {
                    "modality": a,
                    "reference": b,
                    **dict(zip(("ratio", "low", "high", "p"), found, strict=True)),
                }
                for (a, b), found in times.ratios.items()
            ],
        },
        "advice": None
        if advice is None
        else {
            "modality": advice.modality,
            "reference": advice.reference,
            "by_reader": following_rows(reviewed),
            "by_case": [
                {"case": case, "misled": asdict(misled), "helped": asdict(helped)}
                for case, misled, helped in zip(study.cases, advice.misled, advice.helped, strict=True)
                if misled.successes or helped.successes
            ],
        },
        "advice_alone_auc": reviewed.advice_alone.auc if reviewed.advice_alone else None,
    }


def _analysis(found: Analysis, reviewed: ReaderReview) -> dict[str, Any]:
    return {
        "components": asdict(found.components),
        "equality": asdict(found.equality) if found.equality else None,
        "means": {name: asdict(one) for name, one in zip(found.modalities, found.means, strict=True)},
        "differences": [
            {
                **asdict(one),
                "non_inferiority": asdict(test)
                if (test := reviewed.non_inferiority.get((found.merit, one.modality, one.reference)))
                else None,
            }
            for one in found.differences
        ],
        "by_reader": [
            {"modality": modality, "reader": reader, **asdict(one)}
            for (modality, reader), one in found.by_reader.items()
        ],
        "differences_by_reader": [
            {"reader": reader, **asdict(one)}
            for reader, every in found.differences_by_reader.items()
            for one in every
        ],
    }
