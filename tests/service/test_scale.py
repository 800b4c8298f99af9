"""The cluster files of docs/scale.md against what can be known of their schemas."""

import json
import re
from pathlib import Path
from typing import Any
from unittest.mock import patch

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.filterwarnings("ignore")
CLUSTER = ROOT / "docs" / "cluster"
# The fields that are used here of the types of KubeRay's API ray.io/v1, and those that it requires; its
# schema itself is in no package of PyPI or npm.
_GROUP = {"groupName", "replicas", "minReplicas", "maxReplicas", "rayStartParams", "template"}
_REQUIRED = _GROUP - {"replicas"}
_HEAD = {"rayStartParams", "template"}
_CLUSTER = {"rayVersion", "headGroupSpec", "workerGroupSpecs"}


def document(name: str) -> dict[str, Any]:
    return yaml.safe_load((CLUSTER / name).read_text())


def pinned_ray() -> str:
    return re.search(r"^ray==(\S+)$", (ROOT / "requirements-cluster.txt").read_text(), re.M)[1]  # type: ignore[index]


def check_ray_cluster(spec: dict[str, Any]) -> None:
    assert set(spec) <= _CLUSTER
    assert spec["rayVersion"] == pinned_ray()
    assert set(spec["headGroupSpec"]) == _HEAD
    groups = [spec["headGroupSpec"], *spec["workerGroupSpecs"]]
    for group in spec["workerGroupSpecs"]:
        assert _REQUIRED <= set(group) <= _GROUP
        assert group["minReplicas"] <= group["replicas"] <= group["maxReplicas"]
    for group in groups:
        # KubeRay refuses start parameters that are no text.
        assert all(isinstance(value, str) for value in group["rayStartParams"].values())
        for container in group["template"]["spec"]["containers"]:
            assert set(container) <= {"name", "image", "env", "resources"}
            assert {"name": "RAY_USAGE_STATS_ENABLED", "value": "0"} in container["env"]
            assert container["resources"]["requests"] == container["resources"]["limits"]
    assert json.loads(spec["headGroupSpec"]["rayStartParams"]["system-config"]) == {
        "automatic_object_spilling_enabled": False
    }


def ray_schema() -> dict[str, Any]:
    ray = pytest.importorskip("ray")
    return json.loads((Path(ray.__file__).parent / "autoscaler" / "ray-schema.json").read_text())


def test_rays_own_file_is_one_by_its_schema() -> None:
    said, schema = document("ray.yaml"), ray_schema()
    jsonschema.validate(said, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**said, "workers": 3}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**said, "provider": {}}, schema)


def test_rays_own_file_brings_up_its_workers_too() -> None:
    commands = pytest.importorskip("ray.autoscaler._private.commands")
    with patch.object(commands.cli_logger, "warning") as warned:
        commands.warn_about_bad_start_command(document("ray.yaml")["head_start_ray_commands"])
    assert warned.call_args_list == []


def test_kuberays_cluster_holds_the_fields_that_are_known() -> None:
    said = document("raycluster.yaml")
    assert (said["apiVersion"], said["kind"]) == ("ray.io/v1", "RayCluster")
    check_ray_cluster(said["spec"])


def test_kuberays_service_names_this_projects_application() -> None:
    pytest.importorskip("ray")
    from ray.serve.schema import ServeDeploySchema

    from mvm_core.service import on_ray

    said = document("rayservice.yaml")
    assert (said["apiVersion"], said["kind"]) == ("ray.io/v1", "RayService")
    assert set(said["spec"]) == {"serveConfigV2", "rayClusterConfig"}
    check_ray_cluster(said["spec"]["rayClusterConfig"])
    config = yaml.safe_load(said["spec"]["serveConfigV2"])
    (application,) = ServeDeploySchema.model_validate(config).applications
    module, name = application.import_path.split(":")
    assert getattr(on_ray, name).__module__ == module
    assert application.name == on_ray.NAME
    groups = said["spec"]["rayClusterConfig"]["workerGroupSpecs"]
    processors = sum(
        group["replicas"] * int(group["template"]["spec"]["containers"][0]["resources"]["limits"]["cpu"])
        for group in groups
    )
    assert application.args["replicas"] <= processors
