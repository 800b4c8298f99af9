"""Published figures that stand beside those of a review; each is of other material than ours."""

from dataclasses import dataclass
from functools import cache

from mvm_core.cohort import MVM, Question
from mvm_core.language import gettext, gettext_noop, translated
from mvm_core.validation.published import Range, possible_ranges

ABSTRACT = "Chou, Wang, Yao 2026"
ABSTRACT_EXTERNAL = {"accuracy": "0.67", "sensitivity": "0.76", "f1": "0.76"}


@translated("name", "source")
@dataclass(frozen=True)
class AreaReference:
    """A published area under the ROC curve."""

    name: str
    auc: float
    source: str


@dataclass(frozen=True)
class RocReference:
    """A published point of ROC space; `specificity_spread` is half the range that its rounding leaves."""

    name: str
    sensitivity: float
    specificity: float
    specificity_spread: float
    note: str


_XU = gettext_noop(
    "Xu et al. 2023, doi 10.3389/fendo.2023.1025749: pathological fracture, 1,904 patients, 4 hospitals"
)
AREAS = (
    AreaReference(f"{ABSTRACT}: AP Views ensemble", 0.8559, gettext_noop("APSS 2026, FPT216 (abstract)")),
    AreaReference(gettext_noop("Xu 2023: model"), 0.734, _XU),
    AreaReference(gettext_noop("Xu 2023: trainee"), 0.541, _XU),
    AreaReference(gettext_noop("Xu 2023: competent reader"), 0.665, _XU),
    AreaReference(gettext_noop("Xu 2023: expert reader"), 0.667, _XU),
    AreaReference(gettext_noop("Xu 2023: model and expert"), 0.751, _XU),
    AreaReference(
        gettext_noop("four radiologists, smaller lesions"),
        0.71,
        gettext_noop("PubMed 2345083 (abstract), osteolytic"),
    ),
    AreaReference(
        gettext_noop("four radiologists, larger lesions"),
        0.83,
        gettext_noop("PubMed 2345083 (abstract), osteolytic"),
    ),
)


@cache
def abstract_external() -> dict[str, Range]:
    """Between which values each rate of the abstract's external set lies, by its three rounded figures."""
    ranges = possible_ranges(ABSTRACT_EXTERNAL)
    return ranges or {}


def roc_references(question: Question = MVM) -> tuple[RocReference, ...]:
    """Published points of ROC space; none of them is of disease."""
    if question is not MVM:
        return ()
    specificity = abstract_external()["specificity"]
    return (
        RocReference(
            gettext("{abstract}, external", abstract=ABSTRACT),
            0.76,
            (specificity.low + specificity.high) / 2,
            (specificity.high - specificity.low) / 2,
            gettext(
                "specificity from accuracy 0.67, sensitivity 0.76, F1 0.76; the bar is all that fits them"
            ),
        ),
    )
