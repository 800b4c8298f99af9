"""What leaves the program: JSON, CSV, text and pictures, each with the notice."""

import csv
import io
import json

import numpy as np
import pytest
from PIL import Image

from mvm_core.models import Reader
from mvm_core.models.overlay import EVIDENCE_SCALE, colour_evidence, render_film, render_pair
from mvm_core.models.registry import READING_NAMES
from mvm_core.models.report import CSV_COLUMNS, reading_as_csv, reading_as_dict
from mvm_core.models.table import reading_as_text
from mvm_core.provenance import Provenance
from mvm_core.radiograph import Box, FilmPair, Radiograph, View


def test_json_round_trips_and_carries_the_notice(reader: Reader, pair: FilmPair) -> None:
    reading = reader.read(pair)
    document = json.loads(json.dumps(reading_as_dict(pair, reading)))
    assert "not a medical device" in document["notice"]
    assert set(document["readings"]) == set(READING_NAMES)
    all_views = document["readings"]["all-views"]
    assert all_views["probability_mvm"] == reading.results["all-views"].probability
    shape = reading.results["ap"].evidence[View.AP].values.shape
    assert np.shape(document["readings"]["ap"]["evidence"]["ap"]) == shape
    assert pair.ap_box is not None
    assert document["films"]["ap"]["box"] == [
        pair.ap_box.x0,
        pair.ap_box.y0,
        pair.ap_box.x1,
        pair.ap_box.y1,
    ]


def test_csv_has_a_row_for_each_reading_made_or_missing(reader: Reader, pair: FilmPair) -> None:
    alone = FilmPair(ap=pair.ap, ap_box=pair.ap_box)
    rows = list(csv.DictReader(io.StringIO(reading_as_csv(alone, reader.read(alone)))))
    distance = ("unlike_training", "ap_distance_percentile", "lateral_distance_percentile")
    assert tuple(rows[0]) == (*CSV_COLUMNS, "probability_disease", "disease_point", *distance)
    assert {row["reading"] for row in rows} == set(READING_NAMES)
    assert all("not a medical device" in row["notice"] for row in rows)
    by_name = {row["reading"]: row for row in rows}
    assert by_name["ap"]["probability_mvm"]
    assert "lateral film" in by_name["concat"]["not_made_because"]


def test_text_puts_the_leading_result_first_and_the_notice_last(reader: Reader, pair: FilmPair) -> None:
    reading = reader.read(pair)
    lines = reading_as_text(reading).splitlines()
    assert lines[0].startswith("All Views ensemble: probability of MVM")
    assert str(reading.leading.zone) in lines[0]
    assert reading.notice in lines[-1]


@pytest.mark.parametrize("name", ["all-views", "chconcat", "ap"])
def test_picture_shows_both_films(reader: Reader, pair: FilmPair, name: str) -> None:
    picture = Image.open(io.BytesIO(render_pair(pair, reader.read(pair), name)))
    assert picture.format == "PNG"
    assert picture.height > 1200
    colours = np.asarray(picture.convert("RGB")).astype(int)
    assert (abs(colours[..., 0] - colours[..., 2]) > 5).any(), "no evidence is drawn"


def test_picture_shows_region_level_scale_and_warnings(reader: Reader, pair: FilmPair) -> None:
    reading = reader.read(pair)
    origin = Provenance(reading.notice, reading.weights_id, "one", warnings=("the scale is a guess",))
    drawn = render_pair(pair, reading, "all-views", origin=origin, level="L2")
    told = Image.open(io.BytesIO(drawn)).text["Description"]
    assert "L2, All Views ensemble: probability of MVM" in told
    assert "thin frame: what the networks saw" in told
    assert "the scale is a guess" in told
    dark = Radiograph(np.zeros((1200, 800), np.float32), "dark.png", mm_per_pixel=0.5)
    film = np.asarray(render_film(dark, None, None, 0.6, "dark", Box(200, 300, 400, 600)))[:1200]
    rows, columns = np.nonzero((film == 150).all(axis=2))
    assert (columns.min(), rows.min(), columns.max(), rows.max()) == (200, 300, 400, 600)
    bar = np.nonzero((film == 240).all(axis=2))[1]
    assert np.ptp(bar) == pytest.approx(50 / 0.5, abs=2)


def test_colours_tell_the_direction_and_never_rescale() -> None:
    grey = np.full((1, 4), 0.5, np.float32)
    evidence = np.array([[0, EVIDENCE_SCALE, -EVIDENCE_SCALE, EVIDENCE_SCALE / 100]], np.float32)
    none, mvm, bvf, faint = colour_evidence(grey, evidence, opacity=1.0)[0].astype(int)
    assert none[0] == none[1] == none[2] == 128
    assert mvm[0] > mvm[2]
    assert bvf[2] > bvf[0]
    assert abs(faint - none).max() <= 2
