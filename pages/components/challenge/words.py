"""How the challenge puts things: how sure an answer is, what was found, what points mean."""

from mvm_core.challenge import Case, Challenge, Visitor
from mvm_core.language import gettext, gettext_noop
from mvm_core.models.reading import Zone
from mvm_core.models.wording import percent_text

WHAT_POINTS_MEAN = gettext_noop(
    "100 points: sure and right. 75: undecided. 0: sure and wrong. (Points are 100 × (1 − Brier score).)"
)
SAME_SIMULATOR = gettext_noop(
    "The model has learnt from other patients of the same simulator, and visitors have not: this says "
    "nothing of real films."
)
_SURENESS = (
    (10, gettext_noop("surely benign fracture")),
    (40, gettext_noop("rather benign fracture")),
    (60, gettext_noop("undecided")),
    (90, gettext_noop("rather metastasis")),
    (100, gettext_noop("surely metastasis")),
)
_FINDINGS = {
    "collapse": gettext_noop("The body has lost height."),
    "lopsided": gettext_noop("It has lost more height on one side than on the other."),
    "lytic": gettext_noop("Bone is missing in a spot: a lytic focus."),
    "blastic": gettext_noop("Bone is too dense in a spot: a blastic focus."),
    "pedicle": gettext_noop("A pedicle is gone or destroyed."),
    "band": gettext_noop("A dense band of compressed bone lies below the endplate."),
    "cleft": gettext_noop("Gas lies in a cleft of the body."),
    "bulge": gettext_noop("The posterior wall bulges backwards."),
    "fragment": gettext_noop("A fragment is pushed back into the canal."),
    "mass": gettext_noop("A mass of soft tissue lies beside the spine."),
    "haematoma": gettext_noop("A rim of blood lies around the body."),
}
_KINDS = {
    "mixed": gettext_noop("Cases as they come: with findings and without."),
    "no-sign": gettext_noop("The hardest kind: no finding stands out on any film."),
    "one-finding": gettext_noop("Each case shows exactly one finding."),
}


def sureness() -> tuple[tuple[int, str], ...]:
    """How sure an answer of 0 to 100 is, in words, each up to a percentage."""
    return tuple((most, gettext(words)) for most, words in _SURENESS)


def name_of(visitor: Visitor) -> str:
    """The nickname, or a number for one who gave none."""
    return visitor.nickname or gettext("Visitor {number}", number=visitor.number)


def truth_in_words(case: Case) -> str:
    """What the patient has."""
    group = gettext("Metastasis (MVM)") if case.is_mvm else gettext("Benign fracture (BVF)")
    return gettext("{group} of {level}", group=group, level=case.level)


def about(case: Case) -> str:
    """Kind, further levels and the person, in one line."""
    further = gettext(", ").join(case.diseased[1:])
    person = (
        gettext("woman of {age}", age=case.age) if case.sex == "F" else gettext("man of {age}", age=case.age)
    )
    also = gettext("; further levels: {levels}", levels=further) if further else ""
    return gettext("{kind}{also}; simulated {person}.", kind=gettext(case.kind), also=also, person=person)


def gave_away(case: Case) -> tuple[str, ...]:
    """The findings that a film shows, one sentence each."""
    if not case.signs:
        return (
            gettext(
                "Nothing that a reader could be expected to see: no finding stands out from noise and "
                "neighbouring bone."
            ),
        )
    return tuple(gettext(_FINDINGS[name]) for name in case.signs)


def model_in_words(case: Case) -> str:
    """What the model said of the films, unmarked."""
    model = case.model
    if model.zone == Zone.NOTHING_SEEN.value:
        return gettext(
            "The model flags no level; asked all the same, it says of {level}: {percent} metastasis.",
            percent=percent_text(model.probability),
            level=model.level or "?",
        )
    return gettext(
        "The model says of {level}: {percent} metastasis.",
        percent=percent_text(model.probability),
        level=model.level,
    )


def kind_in_words(challenge: Challenge) -> str:
    """How hard the cases are."""
    return gettext(_KINDS[challenge.kind])
