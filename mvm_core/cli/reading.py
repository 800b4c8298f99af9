"""Reading one pair of films."""

import json
from pathlib import Path
from typing import Annotated

import typer

from mvm_core.cli._app import WeightsOption, app, usage_error
from mvm_core.radiograph import Box, FilmPair, Radiograph, View


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
) -> None:
    """Read an AP film, a lateral film or both."""
    if ap is None and lateral is None:
        usage_error("predict needs a film: give --ap FILE, --lateral FILE or both")
    from mvm_core.models.reader import Reader
    from mvm_core.models.report import reading_as_dict

    pair = FilmPair(
        ap=_film(ap, View.AP),
        lateral=_film(lateral, View.LATERAL),
        ap_box=_box(ap_box, "--ap-box", ap),
        lateral_box=_box(lateral_box, "--lateral-box", lateral),
    )
    _check_boxes(pair)
    reading = Reader.open(weights).read(pair)
    if out is not None:
        from mvm_core.files import write_atomically
        from mvm_core.models.overlay import render_pair

        for name in reading.results:
            write_atomically(out / f"{name}.png", render_pair(pair, reading, name))
    if as_json:
        typer.echo(json.dumps(reading_as_dict(pair, reading), indent=2))
    else:
        from mvm_core.models.table import reading_as_text

        typer.echo(reading_as_text(reading))


def _film(path: Path | None, view: View) -> Radiograph | None:
    from mvm_core.imaging import read_film, with_view

    return with_view(read_film(path), view) if path is not None else None


def _box(text: str | None, option: str, film: Path | None) -> Box | None:
    if text is None:
        return None
    if film is None:
        usage_error(f"{option} was given without its film")
    try:
        x0, y0, x1, y1 = (float(part) for part in text.replace(",", " ").split())
        return Box(x0, y0, x1, y1)
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
