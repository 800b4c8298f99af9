"""Site c: bones from surfaces that the user brings, and what is said of surfaces that will not do."""

import dataclasses
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import trimesh
from box_bones import DEPTH, HEIGHT, WIDTH, box_vertebra, write_anatomy
from checked_dicom import assert_valid

from mvm_core.errors import SimulationError
from mvm_core.radiograph import View
from mvm_core.simulation import (
    CohortRequest,
    PatientRequest,
    film_to_dicom,
    request_of_case,
    simulate_patient,
    write_cohort,
)
from mvm_core.simulation.anatomy import keep, library, silhouettes
from mvm_core.simulation.anatomy.folder import find_files
from mvm_core.simulation.anatomy.library import Anatomy, open_anatomy
from mvm_core.simulation.anatomy.surfaces import read_surfaces
from mvm_core.simulation.case_mix import CASE_MIXES
from mvm_core.simulation.deformation import lobes
from mvm_core.simulation.distance import as_field
from mvm_core.simulation.pathology import Focus
from mvm_core.simulation.patient import draw_patient

SHARED = Path(__file__).parents[3] / "shared" / "anatomy"


@pytest.fixture(scope="module", autouse=True)
def no_place_of_the_machine() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(keep.PLACE_VARIABLE, raising=False)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_anatomy(tmp_path_factory.mktemp("anatomy"))


@pytest.fixture(scope="module")
def anatomy(folder: Path) -> Anatomy:
    return open_anatomy(folder)


def _request(folder: Path, index: int = 0, **more: object) -> PatientRequest:
    return dataclasses.replace(PatientRequest(3, index, site="c", anatomy=str(folder)), **more)


@pytest.fixture
def broken(folder: Path, anatomy: Anatomy, tmp_path: Path) -> Path:
    """A copy with what was worked out, to be broken in one place."""
    return Path(shutil.copytree(folder, tmp_path / "broken"))


def test_body_is_found_by_shape(anatomy: Anatomy) -> None:
    marks = anatomy.bones["L3"][0].landmarks
    assert marks.width == pytest.approx(WIDTH, abs=3.5)
    assert marks.depth == pytest.approx(DEPTH, abs=3.5)
    assert marks.behind == pytest.approx(HEIGHT, abs=3.5)
    assert 12 < marks.pedicle_x < 20
    assert marks.pedicle_z > 1


def test_a_patient_has_the_sizes_that_were_drawn(folder: Path) -> None:
    """Width, depth and height of the body, and the place of the pedicles, read off the stretched surface."""
    vertebra = draw_patient(_request(folder)).vertebra("L2")
    axis = as_field(np.arange(-45, 45, 0.25))
    zero, size = np.zeros_like(axis), vertebra.size
    across = axis[vertebra.distance(axis, zero, zero) < 0]
    up = axis[vertebra.distance(zero, zero, axis) < 0]
    forward = axis[vertebra.distance(zero, axis, zero) < 0]
    assert np.ptp(across) == pytest.approx(size.width, rel=0.08)
    assert np.ptp(up) == pytest.approx(size.height + size.lordotic / 2, rel=0.08)
    assert forward.max() - vertebra.posterior_wall_y == pytest.approx(size.depth, rel=0.08)
    behind = np.full_like(axis, vertebra.posterior_wall_y - 7)
    pedicle = np.abs(axis[vertebra.distance(axis, behind, np.full_like(axis, vertebra.pedicle_z)) < 0])
    assert pedicle.mean() == pytest.approx(vertebra.pedicle_x, abs=1.5)


def test_films_and_corners(folder: Path, tmp_path: Path) -> None:
    first = simulate_patient(_request(folder))
    for view in View:
        (tmp_path / "film.dcm").write_bytes(film_to_dicom(first, view))
        assert_valid(tmp_path / "film.dcm")
    again = simulate_patient(_request(folder))
    for view in View:
        assert np.array_equal(first.films[view].pixels, again.films[view].pixels)
    patient = draw_patient(_request(folder))
    geometry = patient.geometry(View.LATERAL)
    rows = {row.level: row for row in first.levels if row.view is View.LATERAL}
    vertebra = patient.vertebra("L1")
    half = vertebra.size.depth / 2
    y = as_field([-half, half])
    x, up = np.zeros(2, np.float32), as_field([vertebra.size.height / 2] * 2)
    expected = np.stack(geometry.points_to_film(*vertebra.to_patient(x, y, up)), axis=1)
    corners = np.array(rows["L1"].corners)[:2]
    assert np.abs(corners - expected).max() * geometry.mm_per_pixel < 4


def test_a_sacrum_below_a_sixth_lumbar_vertebra(folder: Path) -> None:
    patient = simulate_patient(_request(folder, label="other", kind="six-lumbar"))
    shown = {row.level: row for row in patient.levels if row.view is View.LATERAL}
    assert "six-lumbar" in shown["S1"].findings


def test_a_cohort_resumes_and_knows_its_anatomy(folder: Path, broken: Path, tmp_path: Path) -> None:
    request = CohortRequest("c", 2, 1, 5, format="coned", anatomy=str(folder))
    manifest = write_cohort(tmp_path / "cohort", request)
    whole = manifest.read_bytes()
    manifest.unlink()
    record = tmp_path / "cohort" / "cases" / "00001.json"
    record.unlink()
    assert write_cohort(tmp_path / "cohort", request).read_bytes() == whole
    # The same surfaces elsewhere are the same anatomy; others are not.
    moved = dataclasses.replace(request, anatomy=str(broken))
    settings = json.loads((tmp_path / "cohort" / "settings.json").read_text())
    assert settings["anatomy_sha256"] == open_anatomy(broken).fingerprint
    assert write_cohort(tmp_path / "cohort", moved).read_bytes() == whole
    settings["anatomy_sha256"] = "0"
    (tmp_path / "cohort" / "settings.json").write_text(json.dumps(settings))
    with pytest.raises(SimulationError, match="other settings"):
        write_cohort(tmp_path / "cohort", request)


def test_site_c_wants_a_folder_and_the_others_none(folder: Path) -> None:
    with pytest.raises(SimulationError, match="--anatomy FOLDER"):
        PatientRequest(1, site="c")
    with pytest.raises(SimulationError, match="leave it out"):
        PatientRequest(1, site="a", anatomy=str(folder))
    case = _request(folder, 4, label="mvm")
    assert request_of_case(case.case_id, "mvm", str(folder)) == case
    assert request_of_case(case.case_id, "mvm") is None


def _holes(file: Path) -> None:
    mesh = box_vertebra()
    mesh.update_faces(np.arange(len(mesh.faces)) > 3)
    mesh.export(file)


def _upside_down(file: Path) -> None:
    mesh = box_vertebra()
    mesh.apply_transform(trimesh.transformations.rotation_matrix(np.pi, [1, 0, 0]))
    mesh.export(file)


def _no_canal(file: Path) -> None:
    box_vertebra(behind=False).export(file)


def _giant(file: Path) -> None:
    mesh = box_vertebra()
    mesh.apply_scale(100)
    mesh.export(file)


def _two(file: Path) -> None:
    other = box_vertebra()
    other.apply_translation([0, 0, 60])
    trimesh.util.concatenate([box_vertebra(), other]).export(file)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_holes, "its surface has holes; close them"),
        (_upside_down, "it is upside down: .* turn it so that up is towards greater z"),
        (_no_canal, "no vertebral body with a canal behind it"),
        (_giant, "the size of no bone in mm or metres; export it in mm"),
        (_two, "2 surfaces that do not hang together"),
        (lambda file: file.write_text("no mesh at all"), "it is no mesh that can be read"),
        (lambda file: file.write_bytes(b"\x00\xff" * 400), "it is no mesh that can be read"),
        (lambda file: file.write_bytes(b""), "it is no mesh that can be read"),
        (Path.unlink, "it holds no surface of T7; add T7.obj"),
    ],
)
def test_bad_surfaces_are_one_sentence(
    broken: Path, tmp_path: Path, spoil: Callable[[Path], object], said: str
) -> None:
    spoil(broken / "T7.obj")
    kept = sorted(broken.rglob("*.npz"))
    with pytest.raises(SimulationError, match=said) as caught:
        open_anatomy(broken)
    assert str(caught.value).count(";") == 1
    assert "broken" in str(caught.value)
    # Nothing half-written: neither films nor distances of the spoilt file.
    with pytest.raises(SimulationError):
        write_cohort(tmp_path / "cohort", CohortRequest("c", 1, 0, 1, anatomy=str(broken)))
    assert not (tmp_path / "cohort").exists()
    assert sorted(broken.rglob("*.npz")) == kept


def test_metres_are_converted_and_told(broken: Path) -> None:
    mesh = box_vertebra()
    mesh.apply_scale(0.001)
    mesh.export(broken / "T7.obj", digits=12)
    opened = open_anatomy(broken)
    assert any("metres" in remark and "T7.obj" in remark for remark in opened.remarks)
    assert opened.bones["T7"][0].landmarks.width == pytest.approx(
        opened.bones["T8"][0].landmarks.width, abs=0.3
    )


def test_tables_of_faces(broken: Path) -> None:
    mesh, file = box_vertebra(), broken / "T7_vertices.csv"
    (broken / "T7.obj").unlink()
    np.savetxt(file, mesh.vertices, delimiter=",")
    with pytest.raises(SimulationError, match=r"T7_faces.csv is not beside it"):
        read_surfaces(file)
    faces = broken / "T7_faces.csv"
    np.savetxt(faces, mesh.faces + 1, fmt="%d", delimiter=",")
    assert len(read_surfaces(file)[0].vertices) == len(mesh.vertices)
    assert "T7" in find_files(broken).bones
    wrong = mesh.faces + 1
    wrong[5, 1] = len(mesh.vertices) + 1
    np.savetxt(faces, wrong, fmt="%d", delimiter=",")
    with pytest.raises(SimulationError, match="row 6 names a vertex beyond"):
        read_surfaces(file)
    np.savetxt(faces, mesh.faces, fmt="%d", delimiter=",")
    with pytest.raises(SimulationError, match="from 1"):
        read_surfaces(file)
    faces.write_text("a,b,c\n")
    with pytest.raises(SimulationError, match="no table of three numbers"):
        read_surfaces(file)


def test_what_was_worked_out_is_kept(broken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(keep.PLACE_VARIABLE, str(tmp_path / "named"))
    shutil.copytree(broken / ".mvm-anatomy", tmp_path / "named")
    damaged = next((tmp_path / "named").glob("S1-*.npz"))
    whole = damaged.read_bytes()
    damaged.write_bytes(whole[: len(whole) // 2])
    done: list[str] = []
    work_out = library._work_out

    def counted(file: Path, sacrum: bool, most: int) -> keep.Arrays:
        done.append(file.name)
        return work_out(file, sacrum, most)

    monkeypatch.setattr(library, "_work_out", counted)
    opened = open_anatomy(broken)
    # Only what was damaged is worked out again.
    assert done == ["sacrum.stl"]
    assert len(damaged.read_bytes()) == len(whole)
    assert opened.bones["L4"][0].landmarks.width > 30


def test_lobes_are_about_as_large_as_their_focus() -> None:
    focus = Focus(1.0, 2.0, 3.0, 10.0)
    found = lobes([focus], 4)
    assert found == lobes([focus], 4) != lobes([focus], 5)
    points = np.random.default_rng(0).uniform(-20, 20, (40_000, 3)) + np.array([1, 2, 3])
    inside = np.zeros(len(points), bool)
    for lobe in found:
        inside |= np.linalg.norm(points - (lobe.x, lobe.y, lobe.z), axis=1) < lobe.radius
    assert 0.5 < inside.mean() * 40**3 / (4 / 3 * np.pi * 10**3) < 1.3


def test_every_site_has_a_case_mix_of_its_own_shares() -> None:
    for mix in CASE_MIXES.values():
        assert sum(mix.severities) == pytest.approx(1)
        for shares in mix.primaries.values():
            assert sum(shares.values()) == pytest.approx(1)
    assert CASE_MIXES["a"] != CASE_MIXES["b"] != CASE_MIXES["c"]


@pytest.fixture(scope="module")
def real_l3() -> tuple[Path, keep.Arrays]:
    if not SHARED.is_dir():
        pytest.skip("no real anatomy beside the checkout")
    file = SHARED / "visible_human" / "L3.obj"
    return file, library._work_out(file, False, 1)


def test_bodies_found_by_shape_are_those_that_were_cut_out_by_hand(
    real_l3: tuple[Path, keep.Arrays],
) -> None:
    """`L3_body.obj` is the body of `L3.obj` alone, cut off somewhere in the pedicles."""
    file, arrays = real_l3
    body = trimesh.load_mesh(file.with_name("L3_body.obj")).vertices * 1000
    own = (body - arrays["0.middle"]) @ arrays["0.turn"].T
    assert own[:, 1].max() == pytest.approx(float(arrays["0.depth"]) / 2, abs=2)
    assert np.ptp(own[:, 0]) == pytest.approx(float(arrays["0.width"]), abs=2)
    assert own[:, 2].max() == pytest.approx(float(arrays["0.behind"] + arrays["0.front"]) / 4, abs=2)


def test_the_programs_own_vertebra_has_the_silhouettes_of_a_real_one(
    real_l3: tuple[Path, keep.Arrays],
) -> None:
    file, arrays = real_l3
    bone = library._bone(arrays, 0, file)
    own = silhouettes.fitted("L3", bone)
    found = {each.view: each for each in silhouettes.compare_bone("L3", bone, own)}
    assert all(each.as_wanted for each in found.values()), found
    # Without its processes it is no lumbar vertebra any more.
    stumps = dataclasses.replace(own, transverse_process=4.0, spinous_process=6.0)
    wrong = {each.view: each for each in silhouettes.compare_bone("L3", bone, stumps)}
    assert not any(each.as_wanted for each in wrong.values()), wrong
    text = silhouettes.as_text([*found.values()])
    assert "NOT AS WANTED" not in text
    assert "NOT AS WANTED" in silhouettes.as_text([*wrong.values()])
