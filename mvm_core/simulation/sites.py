"""The simulated institutions: how each takes, processes and stores its films, and whom it sees."""

from dataclasses import dataclass, replace

from mvm_core.radiograph import View


@dataclass(frozen=True)
class Tube:
    """Setting of the X-ray tube for one view.

    Attributes
    ----------
    kvp : float
        Tube voltage in kV.
    aluminium_mm, copper_mm : float
        Total filtration.
    """

    kvp: float
    aluminium_mm: float
    copper_mm: float


@dataclass(frozen=True)
class Detector:
    """What turns the beam into an image.

    Attributes
    ----------
    phosphor : {'CsI', 'BaFBr'}
        Caesium iodide of a flat panel or barium fluorobromide of a storage phosphor plate.
    phosphor_mm : float
        Thickness of solid phosphor.
    mm_per_pixel : float
        Pixel pitch of the stored film.
    blur_mm : float
        Standard deviation of the light's spread in the phosphor.
    quanta_per_mm2 : float
        Quanta that count per square mm where the exposure is metered: dose times detective efficiency.
    """

    phosphor: str
    phosphor_mm: float
    mm_per_pixel: float
    blur_mm: float
    quanta_per_mm2: float


@dataclass(frozen=True)
class Processing:
    """A vendor's processing, as ranges from which each patient's values are drawn.

    Attributes
    ----------
    wide, coarse : tuple of float
        What is kept of the differences over hands' breadths and over finger's breadths.
    medium, fine : tuple of float
        Gain of structures of some millimetres, and of edges and grain.
    equalise : float
        How far local contrast is brought to the same strength everywhere, 0 to 1.
    gamma : tuple of float
        Exponent of the tone curve.
    toe : float
        How much of a film's S-curve the tone curve has, 0 to 1.
    """

    wide: tuple[float, float]
    coarse: tuple[float, float]
    medium: tuple[float, float]
    fine: tuple[float, float]
    equalise: float
    gamma: tuple[float, float]
    toe: float


@dataclass(frozen=True)
class Habits:
    """What a film of the institution is recognised by.

    Attributes
    ----------
    margin_mm : tuple of float
        Range of the collimated margin on each side.
    tilt_degrees : float
        Standard deviation of the collimator's turn.
    white_border_share : float
        Share of films that are stored without a black surround: unexposed margins are white.
    marker : {'lead', 'plaque'}
        A bare lead letter, or a letter on a disc with the technologist's initials.
    annotated : bool
        Whether text is burned into the film.
    monochrome1 : bool
        Whether low stored values are bright.
    compressed : bool
        Whether the pixels are compressed, without loss.
    sparse_tags : bool
        Whether optional tags are left out.
    """

    margin_mm: tuple[float, float]
    tilt_degrees: float
    white_border_share: float
    marker: str
    annotated: bool
    monochrome1: bool
    compressed: bool
    sparse_tags: bool


@dataclass(frozen=True, kw_only=True)
class Population:
    """Whom an institution sees.

    Attributes
    ----------
    prevalence : float
        Share of metastases among the patients.
    age_mean, age_spread : float
        In years.
    female_share, implant_share : float
        Share of women, and of patients with implants.
    osteopenia_shift : float
        Added to the loss of mineral with age.
    """

    prevalence: float
    age_mean: float
    age_spread: float
    female_share: float
    implant_share: float
    osteopenia_shift: float


@dataclass(frozen=True, kw_only=True)
class Site(Population):
    """One simulated institution, with the population that it sees.

    Attributes
    ----------
    name : str
        Its key in `SITES`.
    station : str
        Goes into the films' tags.
    ap, lateral : Tube
    grid : float
        Scattered radiation that passes the grid, against primary radiation.
    external : bool
        Whether its patients are kept apart from training.
    trabeculae : {'grain', 'struts'}
        What the spongy bone looks like.
    kvp_shifts : tuple of float
        Tube voltages against the usual one for which spectra are tabulated, ascending, in kV.
    """

    name: str
    station: str
    ap: Tube
    lateral: Tube
    grid: float
    detector: Detector
    processing: Processing
    habits: Habits
    external: bool = False
    trabeculae: str = "grain"
    kvp_shifts: tuple[float, ...] = (-6.0, 0.0, 6.0)

    def tube(self, view: View) -> Tube:
        """The tube's setting for one view."""
        return self.ap if view is View.AP else self.lateral

    @property
    def mm_per_pixel(self) -> float:
        """At the detector."""
        return self.detector.mm_per_pixel


# Nowhere in particular: what is not drawn anew for each patient, see `anywhere`.
_NOWHERE = Site(
    name="r",
    station="SIMULATED R",
    ap=Tube(78, 3.0, 0.05),
    lateral=Tube(82, 3.0, 0.05),
    grid=0.2,
    detector=Detector("CsI", 0.40, 0.40, 0.2, 40_000),
    processing=Processing(
        wide=(0.3, 0.8),
        coarse=(0.6, 1.0),
        medium=(0.8, 1.6),
        fine=(0.8, 2.6),
        equalise=0.3,
        gamma=(0.7, 1.6),
        toe=0.4,
    ),
    habits=Habits(
        margin_mm=(0.0, 24.0),
        tilt_degrees=1.0,
        white_border_share=0.3,
        marker="lead",
        annotated=False,
        monochrome1=False,
        compressed=False,
        sparse_tags=False,
    ),
    kvp_shifts=(-20.0, -10.0, 0.0, 10.0, 20.0),
    prevalence=0.5,
    age_mean=66.0,
    age_spread=13.0,
    female_share=0.5,
    implant_share=0.12,
    osteopenia_shift=0.0,
)

SITES: dict[str, Site] = {
    "a": Site(
        name="a",
        station="SIMULATED A",
        ap=Tube(77, 2.8, 0.1),
        lateral=Tube(88, 2.8, 0.1),
        grid=0.15,
        detector=Detector("CsI", 0.40, 0.40, 0.15, 52_000),
        processing=Processing(
            wide=(0.32, 0.5),
            coarse=(0.6, 0.8),
            medium=(1.15, 1.5),
            fine=(1.6, 2.6),
            equalise=0.45,
            gamma=(0.9, 1.2),
            toe=0.25,
        ),
        habits=Habits(
            margin_mm=(0.0, 14.0),
            tilt_degrees=0.3,
            white_border_share=0.0,
            marker="lead",
            annotated=False,
            monochrome1=False,
            compressed=False,
            sparse_tags=False,
        ),
        prevalence=0.28,
        age_mean=69.0,
        age_spread=10.0,
        female_share=0.62,
        implant_share=0.04,
        osteopenia_shift=0.0,
    ),
    "b": Site(
        name="b",
        station="SIMULATED B",
        ap=Tube(82, 3.6, 0.0),
        lateral=Tube(95, 3.6, 0.0),
        grid=0.24,
        detector=Detector("BaFBr", 0.15, 0.35, 0.22, 30_000),
        processing=Processing(
            wide=(0.5, 0.7),
            coarse=(0.8, 1.0),
            medium=(1.0, 1.2),
            fine=(1.0, 1.8),
            equalise=0.1,
            gamma=(1.0, 1.4),
            toe=0.5,
        ),
        habits=Habits(
            margin_mm=(2.0, 24.0),
            tilt_degrees=1.2,
            white_border_share=0.3,
            marker="plaque",
            annotated=True,
            monochrome1=True,
            compressed=True,
            sparse_tags=True,
        ),
        external=True,
        prevalence=0.68,
        age_mean=64.0,
        age_spread=12.0,
        female_share=0.5,
        implant_share=0.16,
        osteopenia_shift=0.06,
    ),
    "c": Site(
        name="c",
        station="SIMULATED C",
        ap=Tube(74, 3.0, 0.2),
        lateral=Tube(90, 3.0, 0.2),
        grid=0.10,
        detector=Detector("CsI", 0.50, 0.37, 0.18, 40_000),
        processing=Processing(
            wide=(0.4, 0.6),
            coarse=(0.65, 0.9),
            medium=(1.1, 1.35),
            fine=(1.2, 2.0),
            equalise=0.25,
            gamma=(0.8, 1.1),
            toe=0.4,
        ),
        habits=Habits(
            margin_mm=(0.0, 30.0),
            tilt_degrees=0.6,
            white_border_share=0.0,
            marker="lead",
            annotated=False,
            monochrome1=False,
            compressed=True,
            sparse_tags=False,
        ),
        external=True,
        prevalence=0.45,
        age_mean=61.0,
        age_spread=13.0,
        female_share=0.45,
        implant_share=0.08,
        osteopenia_shift=-0.04,
        trabeculae="struts",
    ),
    "r": _NOWHERE,
    "v": replace(_NOWHERE, name="v", station="SIMULATED V"),
}
CLINICS = ("a", "b")
"""The sites that are like an institution and draw their own bones."""

SURFACE_SITES = ("c",)
"""Those whose bones are built from surfaces that the user brings."""
