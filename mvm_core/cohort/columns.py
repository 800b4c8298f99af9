"""Which column of a table is what: guessed from names and contents, told by the user."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from mvm_core.cohort._table import numbers

MOST_READINGS = 100
_MOST_COLUMNS = 1000

# names by which columns go, the likeliest first, as `_bare` leaves them
_PATIENT_NAMES = ("patientid", "patient", "subject", "pid", "mrn")
_NAMES: dict[str, tuple[str, ...]] = {
    "case": ("caseid", "case", "patientid", "patient", "studyid", "study", "accession", "subject", "pid",
             "mrn", "exam", "filename", "image", "id", "fall", "caso", "病例", "病歷號"),
    "label": ("label", "groundtruth", "truth", "ytrue", "reference", "diagnosis", "outcome", "target",
              "class", "malignant", "mvm", "gt", "y", "diagnose", "diagnostico", "診斷"),
    "reading": ("model", "reading", "network", "algorithm", "classifier", "reader", "method"),
    "split": ("split", "cohort", "partition", "dataset", "subset", "set", "fold"),
    "site": ("site", "hospital", "institution", "centre", "center", "klinik", "centro", "院別"),
    "sign": ("sign",),
    "level": ("level", "vertebra", "節段"),
    "age": ("age", "alter", "edad", "idade", "年齡"),
    "sex": ("sex", "gender", "geschlecht", "sexo", "性別"),
    "patient": _PATIENT_NAMES,
}  # fmt: skip
_SCORE_NAMES = (
    "probability",
    "prob",
    "score",
    "pmalignant",
    "pmvm",
    "yscore",
    "yprob",
    "prediction",
    "pred",
    "p",
)
# what a column of these is, is no score of a reading
_MEASURES = ("lesion", "severity", "schwere", "grade", "stage", "alter", "age", "size", "height", "weight",
             "bmi", "dose", "year", "date", "level", "mm", "cm")  # fmt: skip
_POSITIVE = ("mvm", "malignant", "metastasis", "metastatic", "positive", "pos", "yes", "true", "1", "10",
             "pathological", "pathologic", "tumour", "tumor", "cancer", "maligne", "maligno", "maligna",
             "惡性", "轉移")  # fmt: skip
_NEGATIVE = (
    "bvf",
    "benign",
    "negative",
    "neg",
    "no",
    "false",
    "0",
    "00",
    "osteoporotic",
    "control",
    "fracture",
    "benigne",
    "benigno",
    "benigna",
    "良性",
    "骨折",
)


@dataclass(frozen=True)
class ColumnMap:
    """Which column of a table is what; empty where there is none.

    Attributes
    ----------
    case, label : str
        Columns of the case's name and of the reference standard. Without the former each row is a case.
    positive : str
        The label that stands for MVM; the other one stands for BVF.
    scores : tuple of str
        One column, where `reading` says whose score a row holds; else a column for each reading.
    reading, split, site, sign, level, age, sex : str
        Columns of the predictions table of the same meaning.
    patient : str
        Whose case a row is, where patients have several.
    groups : tuple of str
        Further columns to compare subgroups by, such as the lesion's size.
    as_scores : bool
        Take the scores as any finite numbers, which allow no calibration, instead of probabilities.
    """

    case: str = ""
    label: str = ""
    positive: str = ""
    scores: tuple[str, ...] = ()
    reading: str = ""
    split: str = ""
    site: str = ""
    sign: str = ""
    level: str = ""
    age: str = ""
    sex: str = ""
    patient: str = ""
    groups: tuple[str, ...] = ()
    as_scores: bool = False


def guess_columns(frame: pd.DataFrame) -> ColumnMap:
    """Guess which column is what from names and contents.

    Parameters
    ----------
    frame : DataFrame of str
        As `mvm_core.cohort.load_table` returns it.

    Returns
    -------
    ColumnMap
        Empty where nothing fits; never a column twice.
    """
    plain = {name: _bare(name) for name in frame.columns}
    free = [name for name in frame.columns if name]
    found: dict[str, str] = {}
    for fits in (str.__eq__, str.__contains__):
        for role, known in _NAMES.items():
            if role in found:
                continue
            # short words lie within too many others to be looked for there
            words = known if fits is str.__eq__ else [word for word in known if len(word) > 4]
            hit = next((name for word in words for name in free if fits(plain[name], word)), None)
            if hit is not None and _may_be(role, frame[hit]):
                found[role] = hit
                free.remove(hit)
    _give_to_patient(found, frame, plain, free)
    # past so many columns nobody matches them: the table is told to have too many readings
    numeric = [name for name in free if len(free) > _MOST_COLUMNS or _is_numeric(frame[name])]
    many = len(free) > _MOST_COLUMNS
    unnamed = [name for name in numeric if many or _like_a_score(plain[name], frame[name])]
    scores = _score_columns(numeric, unnamed, plain, long="reading" in found)
    return ColumnMap(
        **found,
        positive=guess_positive(distinct(frame[found["label"]])) if "label" in found else "",
        scores=tuple(scores),
        groups=tuple(name for name in free if "lesion" in plain[name] and name not in scores),
        as_scores=any(_outside(frame[name]) for name in scores[:MOST_READINGS]),
    )


def _give_to_patient(
    found: dict[str, str], frame: pd.DataFrame, plain: Mapping[str, str], free: list[str]
) -> None:
    """A patient's column that names several rows of one reading does not name cases: another may."""
    reading = [found["reading"]] if "reading" in found else []
    column = found.get("case", "")
    if plain.get(column) not in _PATIENT_NAMES or not frame.duplicated([column, *reading]).any():
        return
    others = [name for word in _NAMES["case"] for name in free if plain[name] == word]
    other = next((name for name in others if not frame.duplicated([name, *reading]).any()), None)
    if other is None and reading:
        # without a case's name the scores of several readings cannot be paired
        return
    found["patient"] = column
    if other is None:
        found.pop("case")
    else:
        found["case"] = other
        free.remove(other)


def label_values(frame: pd.DataFrame, column: str) -> list[str]:
    """The distinct values of a column, the empty one left out, in order of first appearance."""
    return distinct(frame[column]) if column in frame.columns else []


def guess_positive(values: Iterable[str]) -> str:
    """The label that stands for MVM among those of a column; empty where that cannot be told."""
    known = {value: _bare(value) for value in values}
    positive = [value for value, word in known.items() if word in _POSITIVE]
    if len(positive) == 1:
        return positive[0]
    other = [value for value, word in known.items() if word not in _NEGATIVE]
    # both known to be negative: one class only
    if len(known) - len(other) == 1 and len(known) == 2:
        return other[0]
    return "mvm" if known and not other and len(known) == 1 else ""


def _score_columns(
    numeric: Sequence[str], unnamed: Sequence[str], plain: dict[str, str], long: bool
) -> list[str]:
    exact = [name for word in _SCORE_NAMES for name in numeric if plain[name] == word]
    if long:
        within = [name for word in _SCORE_NAMES[:-1] for name in numeric if word in plain[name]]
        return (exact or within or list(unnamed))[:1]
    named = [name for name in numeric if any(word in plain[name] for word in _SCORE_NAMES[:-1])]
    return named or exact or list(unnamed)


def _like_a_score(plain: str, texts: pd.Series) -> bool:
    """Whether a column of another name may hold scores: few whole numbers, and no name of a measure."""
    values = numbers(texts)[0].dropna()
    return not any(word in plain for word in _MEASURES) and bool((values % 1 != 0).mean() > 0.5)


def _may_be(role: str, texts: pd.Series) -> bool:
    """Whether a column's contents allow what its name says."""
    if role == "label":
        return len(distinct(texts)) <= 2
    if role == "age":
        # years, not a share
        return bool((numbers(texts)[0] > 1).any())
    # a reader's scores, not the reader's name
    return role != "reading" or not (_is_numeric(texts) and 2 * texts.nunique() > len(texts))


def _is_numeric(texts: pd.Series) -> bool:
    values, bad = numbers(texts)
    return bool(values.notna().any()) and 2 * int(bad.sum()) < len(texts)


def _outside(texts: pd.Series) -> bool:
    values = numbers(texts)[0]
    return bool(((values < 0) | (values > 1)).any())


def distinct(texts: pd.Series) -> list[str]:
    """The values but the empty one, in order of first appearance."""
    return [value for value in texts.unique().tolist() if value]


def _bare(text: str) -> str:
    """Small letters and digits alone, without accents."""
    return "".join(each for each in unicodedata.normalize("NFKD", text.lower()) if each.isalnum())
