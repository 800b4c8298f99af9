"""Distance from the training films: means of inner tensors, the rule and its file, and what gives way."""

import csv
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from distance_rule import rule, weights_with
from PIL import Image

from mvm_core.errors import MvmError, WeightsError
from mvm_core.examination import Examiner
from mvm_core.examination_report import examination_as_dict, examination_as_text
from mvm_core.models.disease import DiseaseReader
from mvm_core.models.distance import UNLIKE, FilmDistance, ViewRule
from mvm_core.models.distance_file import FILE, read_rule, rule_as_bytes
from mvm_core.models.overlay import render_pair
from mvm_core.models.pooled import mean_name, with_means
from mvm_core.models.reader import Reader
from mvm_core.models.report import reading_as_csv, reading_as_dict
from mvm_core.radiograph import FilmPair, View
from mvm_core.spine import Finder
from mvm_core.training.distance import STAGES, distance_rows, fit_distance
from mvm_core.training.distance_stages import fit_stages


@pytest.fixture(scope="module")
def unlike(tmp_path_factory: pytest.TempPathFactory, reader: Reader) -> Reader:
    folder = tmp_path_factory.mktemp("unlike") / "weights"
    return Reader.open(weights_with(folder, reader.weights.folder, rule(-1e6)))


def test_means_are_added_as_onnx_itself_would_and_change_nothing(reader: Reader) -> None:
    content = reader.weights.networks["ap"].graph.read_bytes()
    size = reader.weights.networks["ap"].preprocessing.size_px
    film = np.random.default_rng(0).normal(0, 1, (2, 1, size, size)).astype(np.float32)
    changed = with_means(content, STAGES[:2])
    known = onnx.load_from_string(changed)
    onnx.checker.check_model(known)
    assert [node.op_type for node in known.graph.node[-2:]] == ["GlobalAveragePool"] * 2
    bare = onnx.load_from_string(content)
    bare.graph.output.extend(onnx.ValueInfoProto(name=name) for name in STAGES[:2])
    whole = onnxruntime.InferenceSession(bare.SerializeToString())
    own = onnxruntime.InferenceSession(changed)
    logit, *means = own.run(["logit", *map(mean_name, STAGES[:2])], {"film": film})
    expected, *tensors = whole.run(["logit", *STAGES[:2]], {"film": film})
    np.testing.assert_allclose(logit, expected, atol=1e-4)
    for mean, tensor in zip(means, tensors, strict=True):
        np.testing.assert_allclose(mean[..., 0, 0], tensor.mean(axis=(2, 3)), atol=1e-4)
    assert with_means(content, ()) is content


def test_one_in_a_hundred_of_the_same_kind_lies_beyond_and_all_of_another() -> None:
    draw = np.random.default_rng(1)
    mixed = draw.normal(0, 1, (20, 20))

    def films(count: int, shift: float = 0.0) -> dict[str, np.ndarray]:
        drawn = (draw.normal(0, 1, (count, 20)) + shift) @ mixed
        return {"one": drawn.astype(np.float32), "two": drawn[:, :5].astype(np.float32)}

    known = films(600)
    groups = np.arange(600) % 2
    stages, scores = fit_stages(known, groups, np.repeat(np.arange(300), 2).astype(str))
    own = ViewRule("ap", stages, scores)
    same, other = films(1000), films(50, shift=4.0)
    beyond = [own.measure({name: values[row] for name, values in same.items()}).unlike for row in range(1000)]
    assert 0.002 < np.mean(beyond) < 0.03
    far = [own.measure({name: values[row] for name, values in other.items()}) for row in range(50)]
    assert all(each.unlike and each.percentile == 100 for each in far)


def test_the_file_gives_back_the_rule_and_damage_is_told(tmp_path: Path) -> None:
    path, own = tmp_path / FILE, rule(0.0)
    path.write_bytes(rule_as_bytes(own))
    found = read_rule(path)
    before, after = own.views[View.AP], found.views[View.AP]
    assert after.kept == before.kept
    assert after.tensors == before.tensors
    means = {STAGES[0]: np.ones(24, np.float32)}
    assert after.measure(means) == before.measure(means)
    broken = replace(before, places=np.zeros((1, 24), np.float32))
    for content in (
        b"no archive",
        path.read_bytes()[:-50],
        rule_as_bytes(replace(own, views={View.AP: broken})),
    ):
        path.write_bytes(content)
        with pytest.raises(WeightsError, match=r"distance\.npz.*no rule for distances"):
            read_rule(path)


def test_a_rule_that_differs_from_its_sum_does_not_load(tmp_path: Path, reader: Reader) -> None:
    folder = weights_with(tmp_path / "weights", reader.weights.folder, rule(0.0))
    (folder / FILE).write_bytes(rule_as_bytes(rule(1.0)))
    with pytest.raises(WeightsError, match="differs from the checksum"):
        Reader.open(folder)


def test_unlike_films_are_told_everywhere_and_the_figures_stay(
    unlike: Reader, reader: Reader, pair: FilmPair
) -> None:
    reading, before = unlike.read(pair), reader.read(pair)
    assert reading.unlike
    assert set(reading.distances) == {View.AP}
    assert reading.leading.probability == pytest.approx(before.leading.probability, abs=1e-5)
    assert unlike.distances(pair)[View.AP].distance == pytest.approx(
        reading.distances[View.AP].distance, abs=1e-4
    )
    told = reading_as_dict(pair, reading)
    assert told["unlike"] is True
    assert told["distances"]["ap"]["percentile"] == 100
    assert told["distances"]["ap"]["nearest"][0].startswith(("simulated film", "real AP film"))
    row = next(csv.DictReader(io.StringIO(reading_as_csv(pair, reading))))
    assert (row["unlike_training"], row["ap_distance_percentile"]) == ("yes", "100.00")
    picture = Image.open(io.BytesIO(render_pair(pair, reading, reading.leading.name)))
    assert UNLIKE in picture.info["Description"]


def test_without_a_rule_or_within_the_line_all_stays_as_it_was(
    tmp_path: Path, reader: Reader, pair: FilmPair
) -> None:
    within = Reader.open(weights_with(tmp_path / "weights", reader.weights.folder, rule(1e6))).read(pair)
    assert not within.unlike
    assert within.distances[View.AP].percentile == 0
    if reader.rule is None:
        before = reader.read(pair)
        assert "unlike" not in reading_as_dict(pair, before)
        assert "unlike_training" not in reading_as_csv(pair, before)
        assert reader.distances(pair) == {}


@pytest.mark.parametrize("marked", [True, False])
def test_an_examination_gives_no_verdict_on_unlike_films(
    unlike: Reader, pair: FilmPair, marked: bool
) -> None:
    folder = unlike.weights.folder
    examiner = Examiner(unlike, Finder.open(folder), DiseaseReader.open(folder))
    found = examiner.examine(pair if marked else FilmPair(ap=pair.ap))
    assert found.unlike
    assert examination_as_text(found).startswith(f"{UNLIKE}: no verdict.")
    told = examination_as_dict(found)
    assert told["unlike"] is True
    assert [each["name"] for each in told["concerns"]].count("unlike the training films") == 1


def test_where_nothing_is_seen_the_scans_own_run_tells_the_distance(
    unlike: Reader, pair: FilmPair, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = unlike.weights.folder
    examiner = Examiner(unlike, Finder.open(folder), DiseaseReader.open(folder))
    read = DiseaseReader.read
    monkeypatch.setattr(
        DiseaseReader, "read", lambda *given: [replace(each, point=2.0) for each in read(*given)]
    )
    bare = FilmPair(pair.ap, pair.lateral)
    anew: list[FilmPair] = []
    distances = Reader.distances

    def counted(own: Reader, films: FilmPair) -> dict[View, FilmDistance]:
        anew.append(films)
        return distances(own, films)

    monkeypatch.setattr(Reader, "distances", counted)
    found = examiner.examine(bare)
    assert found.nothing_seen
    assert found.unlike
    assert anew == [], "the networks ran anew"
    highest = max(found.levels, key=lambda level: level.probability_disease)
    at_it = FilmPair(found.pair.ap, None, ap_box=highest.ap_box)
    expected = distances(unlike, at_it)[View.AP]
    assert found.distances[View.AP].distance == pytest.approx(expected.distance, abs=1e-3)


def test_graphs_that_both_run_are_loaded_once(reader: Reader) -> None:
    folder = reader.weights.folder
    shared = DiseaseReader.open(folder)._glances.values()
    owners = {getattr(glance, "__self__", None) for glance in shared}
    assert {reader.graphs[reader.weights.networks[name].graph] for name in ("ap", "lateral")} <= owners


def test_too_few_films_and_sealed_weights_are_refused(tmp_path: Path, reader: Reader) -> None:
    with pytest.raises(MvmError, match="0 AP, 0 lateral films"):
        fit_distance(reader.weights.folder, distance_rows([], ["train"], None), tmp_path / "out")
    assert not (tmp_path / "out").exists()
    folder = weights_with(tmp_path / "weights", reader.weights.folder, rule(0.0))
    (folder / "sealed.json").write_text("{}")
    with pytest.raises(WeightsError, match="sealed"):
        fit_distance(folder, ())
