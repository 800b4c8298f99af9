"""The kinds of maps that can be asked for: pure data, without torch."""

import importlib.util
from dataclasses import dataclass
from enum import StrEnum

from mvm_core.language import gettext_noop, translated

INSTALL = "pip install -r requirements.txt"
"""The one command that adds the methods which need torch."""


PASSES_BELOW = 0.5
"""A method passes randomisation where the mean rank correlation of its map with that of the network with all
weights shuffled lies below this."""

SAME = 0.95
"""And where, with the output layer alone shuffled, it lies below this."""


class Direction(StrEnum):
    """The side that a map shall speak for."""

    MVM = "mvm"
    BVF = "bvf"

    @property
    def sign(self) -> int:
        """Sign of the logit that speaks for this side."""
        return 1 if self is Direction.MVM else -1


@translated("title", "description")
@dataclass(frozen=True)
class Method:
    """One way to a map.

    Attributes
    ----------
    name, title : str
    in_logits : bool
        Whether its values are parts of the logit; other values have no unit and compare within a map only.
    tells_sides : bool
        Whether its maps for MVM and for BVF can differ; else it shows where the network looks, for no side.
    slow : bool
        Whether it asks the network more than a thousand times for one map.
    description : str
        One sentence for people.
    """

    name: str
    title: str
    in_logits: bool
    slow: bool
    description: str
    tells_sides: bool = True


EVIDENCE = "evidence"

METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method(
            EVIDENCE,
            gettext_noop("Evidence map"),
            True,
            False,
            gettext_noop(
                "Class activation map (Zhou 2016): what each cell adds to the logit; no gradient, no torch."
            ),
        ),
        Method(
            "gradcam",
            "Grad-CAM",
            True,
            False,
            gettext_noop("Feature maps weighted by their mean gradient (Selvaraju 2017)."),
        ),
        Method(
            "hirescam",
            "HiResCAM",
            True,
            False,
            gettext_noop("Feature maps times their gradient, cell by cell (Draelos 2020)."),
        ),
        Method(
            "gradcam++",
            "Grad-CAM++",
            False,
            False,
            gettext_noop("Grad-CAM with positive, higher-order weights (Chattopadhay 2018)."),
        ),
        Method(
            "layercam",
            "LayerCAM",
            True,
            False,
            gettext_noop(
                "Feature maps times their positive gradient, cell by cell (Jiang 2021): one side only."
            ),
        ),
        Method(
            "eigencam",
            "EigenCAM",
            False,
            False,
            gettext_noop(
                "First principal component of the feature maps (Muhammad 2020): the same for both sides."
            ),
            tells_sides=False,
        ),
        Method(
            "scorecam",
            "ScoreCAM",
            False,
            True,
            gettext_noop(
                "Feature maps weighted by the film's score seen through each (Wang 2020): alike for both "
                "sides."
            ),
            tells_sides=False,
        ),
        Method(
            "ablationcam",
            "AblationCAM",
            False,
            True,
            gettext_noop("Feature maps weighted by the logits lost when each is removed (Desai 2020)."),
        ),
    )
}


def torch_is_there() -> bool:
    """Whether the methods that need torch and grad-cam can be used."""
    return all(
        importlib.util.find_spec(name) is not None for name in ("torch", "timm", "onnx", "pytorch_grad_cam")
    )
