"""Sizes of the vertebrae by level, and the curves of the spine, as published.

Widths and depths of bodies, canal and pedicles: means of Panjabi et al., Spine 1991;16:888-901 (thoracic) and
1992;17:299-306 (lumbar), rounded to half a millimetre. Distances between the pedicles of T7 and T9 to L5 are
moved from these to the means of `spacing`. Heights of bodies and discs, which the cadavers had lower than CTs
of living people, share out the distances between body centres of `spacing`: lumbar heights lie between those
of the cadavers and those of the mean surfaces of 87 patients (Clouthier et al., J Biomech 2023;146:111421),
and thoracic ones are raised alike; lumbar discs grow downwards (Nissan and Gilad, J Biomech 1986;19:753-758).
The spread is the standard deviation over people, some 8 % of a linear
size (Kunkel et al., J Anat 2010;216:320-328 collect the same tables). Curves: thoracic kyphosis
T4 to T12 20 to 50 degrees in the healthy, lumbar lordosis T12 to S1 49.8 with a standard deviation of 11.2
standing (Asian Spine J 2019;13:476-488, 627 volunteers), seven tenths of it below L4; Cobb angles in the
coronal plane below 10 degrees.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """Sizes of one vertebra and the disc below it, in mm.

    Attributes
    ----------
    width, depth : float
        Of the body, mean of its two endplates.
    height : float
        Of the body at the posterior wall.
    lordotic : float
        How much the anterior wall is higher than the posterior one (negative in the thorax).
    disc : float
        Height of the disc below.
    canal_width, canal_depth : float
        Between the pedicles, and from the posterior wall to the lamina.
    pedicle_width, pedicle_height : float
    """

    width: float
    depth: float
    height: float
    lordotic: float
    disc: float
    canal_width: float
    canal_depth: float
    pedicle_width: float
    pedicle_height: float


TYPICAL: dict[str, Size] = {
    "T4": Size(25.5, 24.0, 17.2, -1.0, 5.4, 17.0, 16.0, 4.5, 12.0),
    "T5": Size(26.5, 25.0, 17.7, -1.2, 5.2, 17.0, 16.0, 4.5, 12.0),
    "T6": Size(28.0, 26.5, 18.2, -1.3, 5.2, 17.5, 16.0, 4.5, 12.5),
    "T7": Size(29.0, 27.5, 19.2, -1.4, 5.3, 17.3, 16.0, 4.9, 12.5),
    "T8": Size(30.0, 28.5, 19.8, -1.4, 5.1, 17.5, 16.0, 5.0, 12.5),
    "T9": Size(32.0, 30.0, 20.4, -1.2, 5.3, 17.6, 16.0, 5.8, 14.0),
    "T10": Size(33.5, 31.0, 22.0, -1.0, 5.8, 18.2, 15.5, 6.6, 15.0),
    "T11": Size(37.0, 32.0, 23.3, -1.2, 6.9, 19.2, 16.0, 8.0, 17.5),
    "T12": Size(40.5, 33.0, 25.2, -1.2, 8.5, 21.4, 18.0, 8.2, 17.0),
    "L1": Size(42.0, 34.5, 26.6, -0.5, 9.3, 22.2, 19.0, 7.9, 16.0),
    "L2": Size(44.0, 35.0, 27.0, 1.0, 9.5, 22.5, 18.0, 8.1, 15.0),
    "L3": Size(46.0, 35.0, 27.3, 1.5, 9.8, 23.6, 17.5, 9.6, 14.5),
    "L4": Size(48.0, 35.0, 27.2, 2.0, 10.0, 24.8, 18.5, 12.1, 15.5),
    "L5": Size(48.5, 34.0, 24.6, 4.8, 10.2, 29.0, 19.5, 19.4, 18.0),
    "S1": Size(50.0, 32.0, 26.0, 3.0, 4.0, 30.0, 18.0, 17.0, 18.0),
}
NAMES = tuple(TYPICAL)
UPPER: dict[str, Size] = {
    "C3": Size(16.5, 15.2, 11.6, 0.3, 5.0, 22.9, 16.2, 5.6, 7.4),
    "C4": Size(17.2, 15.4, 11.4, 0.3, 5.2, 24.0, 17.0, 5.4, 7.4),
    "C5": Size(17.8, 15.6, 11.4, 0.3, 5.4, 24.4, 17.0, 5.6, 7.0),
    "C6": Size(19.5, 16.6, 11.2, 0.2, 5.4, 24.8, 17.0, 6.0, 7.3),
    "C7": Size(22.0, 17.8, 12.8, 0.0, 5.4, 23.5, 15.5, 6.6, 7.5),
    "T1": Size(26.0, 18.8, 16.0, -0.5, 5.3, 21.0, 16.0, 8.0, 9.6),
    "T2": Size(26.0, 20.5, 16.8, -0.7, 4.9, 18.8, 15.6, 6.8, 11.0),
    "T3": Size(25.5, 22.8, 17.0, -0.9, 4.7, 17.6, 16.0, 5.2, 11.8),
}
"""Above T4, for tall films; cervical ones after Panjabi et al., Spine 1991;16:861-869."""

ALL_NAMES = (*UPPER, *NAMES)
ALL_TYPICAL = {**UPPER, **TYPICAL}

TRANSVERSE_MM = {
    **dict.fromkeys(UPPER, 6.5),
    **{f"T{number}": 14.5 - 0.55 * number for number in range(1, 13)},
    **{"L1": 17.0, "L2": 21.5, "L3": 25.0, "L4": 20.5, "L5": 17.5, "S1": 5.0},
}
SPINOUS_MM = {
    **dict.fromkeys(UPPER, 15.0),
    **{f"T{number}": 26.0 for number in range(1, 10)},
    **{"T10": 24.0, "T11": 21.0, "T12": 19.0},
    **{"L1": 19.0, "L2": 22.0, "L3": 25.5, "L4": 22.0, "L5": 14.5, "S1": 14.5},
}
"""Usual lengths of the axes of the processes, from the pedicle and from the lamina.

Lumbar ones are those of the Visible Human male and of the mean surfaces of 87 patients (Clouthier et al., J
Biomech 2023;146:111421), brought to the widths of bodies above; the others are assumptions. Those of S1
are part of the sacrum's wings.
"""

PROCESS_SPREAD, PROCESS_SPREAD_WITHIN = 0.10, 0.06
"""Standard deviations of these lengths over people and between a person's vertebrae, as a share."""

SPREAD = 0.08
"""Standard deviation of a linear size over people, as a share of the mean."""

KYPHOSIS_DEGREES = (38.0, 8.0)
LORDOSIS_DEGREES = (49.8, 11.2)
"""Mean and standard deviation: kyphosis T4 to T12, lordosis T12 to S1."""

_KYPHOSIS_LEFT = dict(zip(NAMES[:9], (1.0, 0.86, 0.70, 0.54, 0.39, 0.26, 0.15, 0.06, 0.0), strict=True))
_KYPHOSIS_LEFT |= {"T3": 1.0, "T2": 0.97, "T1": 0.92, "C7": 0.82, "C6": 0.68, "C5": 0.54, "C4": 0.42}
_KYPHOSIS_LEFT["C3"] = 0.32
_LORDOSIS_DONE = dict(zip(NAMES[8:], (0.0, 0.03, 0.10, 0.20, 0.36, 0.64, 1.0), strict=True))
_T12_LEANS_BACK = 0.26


def tilt_degrees(name: str, kyphosis: float, lordosis: float) -> float:
    """Forward tilt of a body against the horizontal, in degrees (positive: the anterior wall is lower).

    T12 leans back by a quarter of the lordosis, so that three quarters of it are the slope of the sacrum;
    bodies above T12 lean forward by what is left of the kyphosis.
    """
    t12 = -_T12_LEANS_BACK * lordosis
    if name in _KYPHOSIS_LEFT:
        return t12 + kyphosis * _KYPHOSIS_LEFT[name]
    return t12 + lordosis * _LORDOSIS_DONE[name]
