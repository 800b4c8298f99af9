"""What a training run is asked to do: the options of all commands that train, and their defaults."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from mvm_core.cohort.vertebrae import INTACT_PER_PATIENT
from mvm_core.errors import TrainingError
from mvm_core.imaging.preprocess import Preprocessing
from mvm_core.models.registry import NETWORKS
from mvm_core.training.start import start_name

BALANCES = ("downsample", "weight", "none")
PRECISIONS = ("auto", "float32", "bfloat16")
GREATEST_SHIFT_MM = 20.0
GREATEST_SHARE = 0.6

_BEFORE: Mapping[str, Any] = {
    "evidence_weight": 0.0,
    "output_stride": 32,
    "shift_mm": 6.0,
    "steps": None,
    "intact_per_patient": 0,
    "intact_share": 0.0,
    "real_share": 0.0,
    "strength": 0.0,
}
"""How networks were trained before there was a setting, for records that do not name it."""


@dataclass(frozen=True)
class TrainingSettings:
    """Everything that, with the cohort and the real films, fixes a run.

    Attributes
    ----------
    networks : tuple of str
        Of the registry.
    epochs, batch_size : int
    steps : int or None
        Of the optimiser, so that trainings of other settings learn equally long; None for whole epochs.
    learning_rate : float
        Peak of the one-cycle schedule.
    weight_decay : float
    balance : {'downsample', 'weight', 'none'}
        Draw the majority class down to the minority's size each epoch; weight the loss by class; neither.
    init : str
        As in `build_network`.
    seed : int
    precision : {'auto', 'float32', 'bfloat16'}
        ``auto`` takes bfloat16 where the processor has units for it.
    ema_decay : float
        Of the running mean of the weights, in [0, 1); 0 keeps the last weights.
    evidence_weight : float
        Weight of the loss that draws positive evidence to the lesion, where masks or boxes are given.
    output_stride : {16, 32}
        Pixels of the film to a cell of the evidence map.
    shift_mm : float
        Greatest shift of a film along each axis while training, in mm at the detector, up to 20. More than a
        few keeps a network from taking it that the disease lies in the middle. An intact vertebra near a
        diseased one is shifted less up and down, so that the disease never comes as near.
    intact_per_patient : int
        Intact levels drawn for each patient of a cohort with a table of levels; 0 for none.
    intact_share : float
        Share of an epoch's vertebrae that is intact, where there are any, up to 0.6; with 0 the networks are
        not asked for disease.
    real_share : float
        Share of the intact vertebrae of an epoch that lies on real films, where there are any, up to 0.6; as
        many real ones are drawn with disease implanted.
    strength : float
        Of the random changes of grey values, see `randomise`; 0 makes none.
    preprocessing : Preprocessing

    Raises
    ------
    TrainingError
        If a network is unknown, none is named, or a value is out of range.
    """

    networks: tuple[str, ...] = tuple(NETWORKS)
    epochs: int = 15
    steps: int | None = None
    batch_size: int = 16
    learning_rate: float = 1e-3
    weight_decay: float = 0.02
    balance: str = "downsample"
    init: str = "lite0"
    seed: int = 1
    precision: str = "auto"
    ema_decay: float = 0.99
    evidence_weight: float = 0.5
    output_stride: int = 16
    shift_mm: float = 20.0
    intact_per_patient: int = INTACT_PER_PATIENT
    intact_share: float = 0.5
    real_share: float = 0.35
    strength: float = 0.2
    preprocessing: Preprocessing = field(default_factory=Preprocessing)

    def __post_init__(self) -> None:
        unknown = [name for name in self.networks if name not in NETWORKS]
        if unknown or not self.networks:
            raise TrainingError(
                f"--networks {','.join(self.networks)}",
                f"'{unknown[0]}' is unknown" if unknown else "no network is named",
                f"choose from {', '.join(NETWORKS)}, separated by commas",
            )
        _one_of("--balance", self.balance, BALANCES)
        _one_of("--precision", self.precision, PRECISIONS)
        _one_of("--output-stride", self.output_stride, (16, 32))
        if not 0 <= self.ema_decay < 1:
            raise TrainingError(f"ema_decay {self.ema_decay}", "it is out of range", "give 0 up to 1")
        for option, value in (
            ("--evidence-weight", self.evidence_weight),
            ("--strength", self.strength),
            ("--intact-per-patient", self.intact_per_patient),
        ):
            if value < 0:
                raise TrainingError(f"{option} {value}", "it is negative", "give 0 or more")
        for option, share in (("--intact-share", self.intact_share), ("--real-share", self.real_share)):
            if not 0 <= share <= GREATEST_SHARE:
                raise TrainingError(f"{option} {share}", "it is out of range", f"give 0 to {GREATEST_SHARE}")
        if self.steps is not None and self.steps < 1:
            raise TrainingError(f"--steps {self.steps}", "there would be none", "give 1 or more")
        if not 0 <= self.shift_mm <= GREATEST_SHIFT_MM:
            raise TrainingError(
                f"--shift-mm {self.shift_mm:g}", "it is out of range", f"give 0 to {GREATEST_SHIFT_MM:g} mm"
            )
        if self.preprocessing.size_px < 32:
            raise TrainingError(
                f"--size {self.preprocessing.size_px}", "it is too small", "give 32 pixels or more"
            )

    def as_dict(self) -> dict[str, Any]:
        """Plain types, ready for JSON; the start is named by what it holds, see `start_name`."""
        return {**asdict(self), "networks": list(self.networks), "init": start_name(self.init)}

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> Self:
        """Settings from what `as_dict` gave, also of an earlier version.

        Raises
        ------
        KeyError, TypeError
            If `found` is not of this kind.
        """
        preprocessing = Preprocessing(**found["preprocessing"])
        given = {**_BEFORE, **found, "networks": tuple(found["networks"]), "preprocessing": preprocessing}
        if given["init"] == "shipped":
            # So earlier records name whatever was shipped then; the networks' entries hold its sums.
            given["init"] = "earlier weights"
        return cls(**given)


def _one_of(option: str, value: object, allowed: tuple[object, ...]) -> None:
    if value not in allowed:
        raise TrainingError(
            f"{option} {value}", "it is unknown", f"choose one of {', '.join(map(str, allowed))}"
        )
