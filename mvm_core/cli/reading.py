"""Reading one pair of films."""

import json
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mvm_core.cli._app import WeightsOption, app, films_of_part, usage_error
from mvm_core.cli._dicom import DicomResults
from mvm_core.errors import WeightsError
from mvm_core.radiograph import Box, FilmPair, View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mvm_core.cohort.marked_films import MarkedFilm
    from mvm_core.examination import Examination, Examiner


@app.command()
def predict(
    ap: Annotated[Path | None, typer.Option("--ap", help="The AP film.")] = None,
    lateral: Annotated[Path | None, typer.Option("--lateral", help="The lateral film.")] = None,
    ap_box: Annotated[
        str | None, typer.Option(help="Box around the vertebra on the AP film, 'x0 y0 x1 y1' in pixels.")
    ] = None,
    lateral_box: Annotated[str | None, typer.Option(help="The same on the lateral film.")] = None,
    weights: WeightsOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for overlay PNGs, one for each reading.")
    ] = None,
    dicom: Annotated[
        Path | None,
        typer.Option(help="New folder for DICOM objects of the reading, in the study of the films."),
    ] = None,
) -> None:
    """Read an AP film, a lateral film or both."""
    if ap is None and lateral is None:
        usage_error("predict needs a film: give --ap FILE, --lateral FILE or both")
    from mvm_core.imaging import prepare_to_read

    for path in (ap, lateral):
        if path is not None:
            prepare_to_read(path)
    from mvm_core.examination import Examiner

    # Weights are checked and graphs loaded beside the films' reading.
    opening = ThreadPoolExecutor(1).submit(Examiner.open, weights)
    given = {view for view, path in ((View.AP, ap), (View.LATERAL, lateral)) if path is not None}
    threading.Thread(target=_load_quietly, args=(opening, given)).start()
    # Here, since it takes its time: it brings pydicom.
    from mvm_core.imaging import read_pair

    pair = replace(
        read_pair(ap, lateral),
        ap_box=_box(ap_box, "--ap-box", ap),
        lateral_box=_box(lateral_box, "--lateral-box", lateral),
    )
    _check_boxes(pair)
    results = DicomResults.prepare(dicom, pair, {View.AP: ap, View.LATERAL: lateral}) if dicom else None
    found = opening.result().examine(pair)
    if results is not None:
        results.write(found)
    if out is not None:
        _write_pictures(out, found)
    from mvm_core.examination_report import examination_as_dict, examination_as_text

    if as_json:
        typer.echo(json.dumps(examination_as_dict(found), indent=2))
    else:
        typer.echo(examination_as_text(found))


def _load_quietly(opening: "Future[Examiner]", views: set[View]) -> None:
    """Until the command ends, whatever it ends with; what goes wrong shows again when the graph is run."""
    from mvm_core.inference import NobodyWaitsError, while_wanted

    with suppress(WeightsError, NobodyWaitsError), while_wanted(threading.main_thread().is_alive):
        opening.result().load(views)


def _write_pictures(out: Path, found: "Examination") -> None:
    """The vertebrae of each film, and the evidence of each reading where a level was read in full."""
    from mvm_core.files import write_atomically
    from mvm_core.models.overlay import render_pair
    from mvm_core.models.registry import TITLES
    from mvm_core.provenance import Provenance
    from mvm_core.spine.picture import draw_spine

    for view, spine in found.spines.items():
        film = found.pair.film(view)
        if film is not None:
            write_atomically(out / f"vertebrae-{view.value}.png", draw_spine(film, spine))
    if found.reading is not None:
        for name in found.reading.results:
            origin = Provenance(found.notice, found.weights_id, TITLES[name], warnings=tuple(found.warnings))
            level = found.level_in_question or ""
            picture = render_pair(
                found.pair, found.reading, name, origin=origin, level=level, concerns=found.concerns
            )
            write_atomically(out / f"{name}.png", picture)


@app.command("real-check")
def real_check(
    folder: Annotated[Path, typer.Argument(help="Folder of real films without known disease, marked.")],
    weights: WeightsOption = None,
    part: Annotated[
        str, typer.Option(help="AP films of which part: test (held out), tune, train or all.")
    ] = "test",
    implants: Annotated[
        bool,
        typer.Option(help="Also put disease into these films, and count where it is seen (needs torch)."),
    ] = False,
    record: Annotated[
        Path | None,
        typer.Option(help="Write all figures, with those of finding, into this file for the card."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Read real films without known disease and count the vertebrae that are said to be diseased."""
    from mvm_core.cli._progress import progress_bar
    from mvm_core.examination import Examiner
    from mvm_core.real_check import check_as_dict, check_as_text, check_real_films
    from mvm_core.real_pairs import check_real_pairs, pairs_as_dict, pairs_as_text

    films = films_of_part(folder, part)
    examiner = Examiner.open(weights)
    with progress_bar("Reading films") as progress:
        checked = check_real_films(films, examiner, progress)
    found, told = check_as_dict(checked), [check_as_text(checked)]
    with progress_bar("Reading pairs") as progress:
        pairs = check_real_pairs(films, examiner, progress)
    if pairs:
        found["pairs"] = pairs_as_dict(pairs)
        told.append(pairs_as_text(pairs))
    if implants:
        from mvm_core.training.disease.control import check_implants, implants_as_dict, implants_as_text

        with progress_bar("Putting disease in") as progress:
            control = check_implants(films, examiner.disease, progress)
        found["implants"] = implants_as_dict(control)
        told.append(implants_as_text(control))
    if record is not None:
        _record(record, films, examiner, {"part": part, **found})
    typer.echo(json.dumps(found, indent=2) if as_json else "\n\n".join(told))


def _record(file: Path, films: "Sequence[MarkedFilm]", examiner: "Examiner", found: dict[str, Any]) -> None:
    """Write what the model card tells of real films: totals alone, no film."""
    from mvm_core.cli._progress import progress_bar
    from mvm_core.files import write_atomically
    from mvm_core.finding import score_finding
    from mvm_core.finding_totals import finding_totals

    with progress_bar("Finding vertebrae") as progress:
        finding = finding_totals(score_finding(films, examiner.finder, progress))
    kept = {name: value for name, value in found.items() if name != "films"}
    kept |= {
        "finding": finding,
        "finder": examiner.finder.weights.identity[:12],
        "disease_network": examiner.disease.weights.identity[:12],
        "weights": examiner.reader.weights.identity[:12],
    }
    write_atomically(file, (json.dumps(kept) + "\n").encode())


def _box(text: str | None, option: str, film: Path | None) -> Box | None:
    if text is None:
        return None
    if film is None:
        usage_error(f"{option} was given without its film")
    try:
        return Box.from_text(text)
    except ValueError:
        usage_error(f"{option} '{text}' is not a box: give four numbers 'x0 y0 x1 y1' with x0 < x1, y0 < y1")


def _check_boxes(pair: FilmPair) -> None:
    for view in pair.views:
        film, box = pair.film(view), pair.box(view)
        if film is None or box is None:
            continue
        x, y = box.centre
        if not (0 <= x < film.shape[1] and 0 <= y < film.shape[0]):
            usage_error(
                f"{film.name}: the centre of the box lies outside the film of "
                f"{film.shape[1]} x {film.shape[0]} pixels; move the box onto the film"
            )
