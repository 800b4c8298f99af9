"""Reading a whole cohort: a table of predictions, one row for each case and reading."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby
from pathlib import Path

import pandas as pd

from mvm_core.cohort import MVM, PREDICTION_COLUMNS, QUESTION, Case, Cohort, Question, questions_of
from mvm_core.cohort.questions import ASKED
from mvm_core.cohort.vertebrae import VertebraCase
from mvm_core.errors import TableError, ValidationError
from mvm_core.examination import Examination, Examiner
from mvm_core.imaging import read_film, with_view
from mvm_core.models.reader import Reader
from mvm_core.models.reading import Reading, ReadingResult
from mvm_core.models.registry import SINGLE_READINGS, TITLES
from mvm_core.radiograph import Box, FilmPair, Radiograph, View
from mvm_core.side_by_side import Workers, over_jobs
from mvm_core.validation import auc_with_interval


def read_case(case: Case) -> FilmPair:
    """Read the films of one case of a cohort.

    Raises
    ------
    FilmError
        If a film cannot be read.
    TableError
        If a box lies outside its film.
    """
    ap, lateral = read_film_of(case, View.AP), read_film_of(case, View.LATERAL)
    return FilmPair(ap=ap, lateral=lateral, ap_box=case.ap_box, lateral_box=case.lateral_box)


def read_film_of(case: Case, view: View) -> Radiograph | None:
    """Read one film of a case; None where it has no such film.

    Raises
    ------
    FilmError
        If the film cannot be read.
    TableError
        If its box lies outside.
    """
    path = case.film(view)
    if path is None:
        return None
    film = with_view(read_film(path), view)
    if isinstance(case, VertebraCase):
        # Its box was not drawn by anybody, and may well reach past the film.
        return film if case.mm_per_pixel is None else replace(film, mm_per_pixel=case.mm_per_pixel)
    _check_box(case, view, film)
    return film


def evaluate(
    cohort: Cohort,
    reader: Reader,
    splits: Iterable[str],
    progress: Callable[[int, int], None] | None = None,
    examiner: Examiner | None = None,
    workers: Workers = 1,
) -> pd.DataFrame:
    """Read the cases of the given splits: those of MVM or BVF, and where disease is asked, all others too.

    Parameters
    ----------
    cohort : Cohort
    reader : Reader
    splits : iterable of str
        Of ``train``, ``tune``, ``test``, ``external``.
    progress : callable, optional
        Called with the number of cases read and the number to read.
    examiner : Examiner, optional
        Where given, cases are read as if nobody had drawn a box: at the level that it asks about, and where
        it sees nothing, at the level most likely diseased.
    workers : int or Engine
        Processes side by side, or what does the work.

    Returns
    -------
    pandas.DataFrame
        The columns of a predictions table; `logit` is empty for ensembles. Where the weights ask for
        disease, also ``question``: rows of ``mvm`` for the cases of MVM and BVF, of ``disease`` for all.
    """
    wanted = set(splits)
    asked = reader.weights.asks_disease
    cases = [case for case in (cohort.cases if asked else cohort.diseased) if case.split in wanted]
    work = (
        partial(_rows_of, reader, examiner)
        if workers == 1
        else partial(_rows_apart, reader.weights.folder.resolve(), examiner is not None)
    )
    found = over_jobs(work, cases, workers, progress)
    return predictions_table([row for rows in found for row in rows], asked=asked)


def _rows_apart(weights: Path, unmarked: bool, case: Case) -> list[dict[str, object]]:
    return _rows_of(Reader.open(weights), Examiner.open(weights) if unmarked else None, case)


def _rows_of(reader: Reader, examiner: Examiner | None, case: Case) -> list[dict[str, object]]:
    pair = read_case(case)
    return prediction_rows(case, reader.read(pair) if examiner is None else read_unmarked(pair, examiner))


def prediction_rows(case: Case, reading: Reading) -> list[dict[str, object]]:
    """What a reading says of a case: a row for each question that can be asked of it, and each reading."""
    return rows_of_reading(case.described, reading)


def rows_of_reading(described: Mapping[str, object], reading: Reading) -> list[dict[str, object]]:
    """The same of a case that is described by the columns of a predictions table, ``label`` among them."""
    return [
        {**described, "model": name, QUESTION: question.name, **said}
        for question in ASKED.values()
        if described["label"] in question.labels
        for name, result in reading.results.items()
        if (said := _said(result, question)) is not None
    ]


def predictions_table(rows: Sequence[Mapping[str, object]], *, asked: bool) -> pd.DataFrame:
    """Rows of `prediction_rows` as a table, with the column ``question`` where disease is asked too."""
    columns = [*PREDICTION_COLUMNS, *([QUESTION] if asked else [])]
    return pd.DataFrame(rows, columns=columns).astype({"logit": float})


def _said(result: ReadingResult, question: Question) -> dict[str, float | None] | None:
    """What a reading says to a question; None where it is not asked it."""
    if question is MVM:
        return {"probability": result.probability, "logit": result.logit}
    if result.probability_disease is None:
        return None
    return {"probability": result.probability_disease, "logit": result.disease_logit}


def read_rows(
    rows: Sequence[Case],
    reader: Reader,
    progress: Callable[[int, int], None] | None = None,
    workers: Workers = 1,
) -> pd.DataFrame:
    """Read vertebrae with every single reading, at their boxes; those of the same films follow each other.

    Parameters
    ----------
    rows : sequence of Case
    reader : Reader
    progress : callable, optional
        Called with the number of pairs of films read and of all.
    workers : int or Engine
        Processes side by side, or what does the work.

    Returns
    -------
    DataFrame
        The columns of a predictions table, and ``logit_disease``, empty where the networks are not asked it.

    Raises
    ------
    FilmError, TableError
        If a film cannot be read, or a case's box lies outside.
    WorkersError
        If a process was killed.
    """
    groups = [tuple(group) for _, group in groupby(rows, key=lambda case: (case.ap, case.lateral))]
    read = (
        partial(_read_group, reader)
        if workers == 1
        else partial(_read_apart, reader.weights.folder.resolve())
    )
    found = [row for read_rows in over_jobs(read, groups, workers, progress) for row in read_rows]
    table = pd.DataFrame(found, columns=[*PREDICTION_COLUMNS, "logit_disease"])
    return table.astype({"logit": float, "logit_disease": float})


def _read_apart(weights: Path, rows: Sequence[Case]) -> list[dict[str, object]]:
    return _read_group(Reader.open(weights), rows)


def _read_group(reader: Reader, rows: Sequence[Case]) -> list[dict[str, object]]:
    """Vertebrae of the same films."""
    pair, found = read_case(rows[0]), []
    for case in rows:
        at = replace(pair, ap_box=case.ap_box, lateral_box=case.lateral_box)
        for name, result in reader.read(at).results.items():
            if name in SINGLE_READINGS:
                said = {"probability": result.probability, "logit": result.logit}
                found.append({**case.described, "model": name, **said, "logit_disease": result.disease_logit})
    return found


def read_unmarked(pair: FilmPair, examiner: Examiner) -> Reading:
    """Read a pair as if nobody had drawn a box; where no vertebra is found, at the films' middle."""
    return read_examined(examine_unmarked(pair, examiner), examiner)


def examine_unmarked(pair: FilmPair, examiner: Examiner) -> Examination:
    """Examine a pair as if nobody had drawn a box."""
    return examiner.examine(replace(pair, ap_box=None, lateral_box=None))


def read_examined(found: Examination, examiner: Examiner) -> Reading:
    """The reading of an examined pair, also where nothing was seen, as `read_unmarked` makes it."""
    if found.reading is None and found.levels:
        likeliest = max(found.levels, key=lambda level: level.probability_disease)
        found = examiner.examine(found.pair, found.spines, likeliest.level)
    return found.reading or examiner.reader.read(found.pair)


def areas_as_text(predictions: pd.DataFrame) -> str:
    """Write the area under the ROC curve of each split and reading as a table, with DeLong's interval."""
    asked = questions_of(predictions)
    parts = []
    for question in asked:
        head = f"{question.title}\n" if len(asked) > 1 else ""
        parts.append(head + _areas_as_text(question, question.rows(predictions)))
    return "\n\n".join(parts)


def _areas_as_text(question: Question, predictions: pd.DataFrame) -> str:
    wide = max([9, *predictions["split"].str.len()]) + 1
    ill = max(6, len(question.positive) + 2)
    lines = [f"{'split':<{wide}}{'reading':<24}{'n':>6}{question.positive:>{ill}}{'AUC':>8}  95 % interval"]
    for (split, name), rows in predictions.groupby(["split", "model"], sort=False):
        labels = question.positives(rows)
        title = TITLES.get(str(name), str(name))
        row = f"{split:<{wide}}{title:<24}{len(rows):>6}{labels.sum():>{ill}}"
        try:
            estimate = auc_with_interval(labels, rows["probability"].to_numpy())
        except ValidationError:
            lines.append(f"{row}{'-':>8}  not computable: one class only")
            continue
        interval = "not computable" if estimate.ci95 is None else "{:.3f} to {:.3f}".format(*estimate.ci95)
        lines.append(f"{row}{estimate.auc:>8.3f}  {interval}")
    return "\n".join(lines)


def _check_box(case: Case, view: View, film: Radiograph) -> None:
    box: Box | None = case.box(view)
    if box is None:
        return
    rows, columns = film.shape
    if box.x0 < 0 or box.y0 < 0 or box.x1 > columns or box.y1 > rows:
        raise TableError(
            "manifest.csv",
            [f"{case.place(f'{view.value}_box')}: it lies outside the {columns} x {rows} film"],
            "correct the box or leave it empty",
        )
