"""How often each finding is drawn in each group, beside the published counts.

What is drawn is what lies in the patient, as MRI or CT would show it; so counts of MRI and CT are what it is
held against. How much of that a film shows is left to the simulated beam and told by the cohort's ``signs``;
these are held against counts of films.
A finding that a study never met in a group is drawn below the upper limit of its zero. Where no counts were
found, the source says "assumption" and why.

Age, sex and level of the vertebra in question are drawn alike in both groups, against the published
differences (58.6 against 72.1 years; 60 against 19 % men; at T10 or above, or below L3, 20.2 against 3 %): a
network has no use for learning them from films, and twins share one body.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

_SUZUKI = "10.1016/j.jos.2016.12.013"
_KITAGAWA = "Kitagawa 2021, J Nippon Med Sch 88:25"
_LINK = "Link 1995, PMID 7892439"
_CUENOD = "10.1148/radiology.199.2.8668809"
_KOREAN = "synapse.koreamed.org/articles/1067976"
_SOHAG = "Sohag group, MRI of 152 fractures"
_SWELLING = "10.12998/wjcc.v13.i20.103627"
_REDDINGTON = "10.4103/2152-7806.182549, percentages without counts"

COLLAPSE_WORDS = ("collapse-wedge", "collapse-biconcave", "collapse-crush", "collapse-posterior")
_PEDICLE_WORDS = ("pedicle-complete", "pedicle-partial", "pedicle-hidden")
_MEANING: dict[str, tuple[str, ...]] = {
    "collapse": COLLAPSE_WORDS,
    "pedicle": (*_PEDICLE_WORDS, "pedicle-infiltrated"),
    "lytic": ("focus-lytic", "focus-mixed"),
    "blastic": ("focus-blastic", "focus-mixed"),
    "further-levels": ("further-fracture", "further-metastasis"),
}
"""Findings that any of several words of the table of levels stands for."""


@dataclass(frozen=True)
class Frequency:
    """How often a finding is drawn in a group.

    Attributes
    ----------
    name : str
        A word of the table of levels, or one of those that stand for several.
    group : {'mvm', 'bvf'}
    drawn : float or None
        Probability; None for what is not drawn but follows.
    source : str
        DOI or name of the study; or "assumption" and the reasoning.
    among : {'all', 'collapsed', 'not collapsed', 'acute', 'old', 'no pedicle sign'}
        Of whom.
    counts : (int, int) or None
        Published: with the finding, and all.
    limits : (float, float) or None
        Published 95 % limits where there are no counts.
    """

    name: str
    group: str
    drawn: float | None
    source: str
    among: str = "all"
    counts: tuple[int, int] | None = None
    limits: tuple[float, float] | None = None

    @property
    def published(self) -> tuple[float, float] | None:
        """95 % limits of the published share (Clopper and Pearson 1934), None for an assumption."""
        if self.counts is None:
            return self.limits
        # Imported here: it needs the statistics, which drawing a patient does not.
        from mvm_core.validation import rate_with_interval

        rate = rate_with_interval(*self.counts, method="exact")
        assert rate.low is not None
        assert rate.high is not None
        return rate.low, rate.high


def _row(name: str, group: str, drawn: float, source: str, among: str = "all", *counts: int) -> Frequency:
    return Frequency(name, group, drawn, source, among, counts if counts else None)  # type: ignore[arg-type]


FREQUENCIES: tuple[Frequency, ...] = (
    # 10 of Kitagawa's 64 were lopsided, and Suzuki's 71 % of collapses are: 0.22. Both limits hold at 0.17.
    Frequency("collapse", "mvm", 0.17, "10.1016/j.jbo.2022.100446, pooled", limits=(0.070, 0.183)),
    _row("collapse", "bvf", 26 / 39, "10.1155/2017/9265259, 33.3 % of 39 occult", "acute", 26, 39),
    _row("collapse", "bvf", 1.0, "by definition: an old fracture is known by its shape", "old"),
    _row("collapse-wedge", "mvm", 5 / 85, _SOHAG, "collapsed", 5, 85),
    _row("collapse-biconcave", "mvm", 57 / 85, _SOHAG, "collapsed", 57, 85),
    _row("collapse-crush", "mvm", 21 / 85, _SOHAG, "collapsed", 21, 85),
    _row("collapse-posterior", "mvm", 2 / 85, _SOHAG, "collapsed", 2, 85),
    _row("collapse-wedge", "bvf", 18 / 34, _SOHAG, "collapsed", 18, 34),
    _row("collapse-biconcave", "bvf", 11 / 34, _SOHAG, "collapsed", 11, 34),
    _row("collapse-crush", "bvf", 4 / 34, _SOHAG, "collapsed", 4, 34),
    _row("collapse-posterior", "bvf", 1 / 34, _SOHAG, "collapsed", 1, 34),
    # Follows from the published means and spreads, see `TILT_DEGREES`.
    _row("lopsided", "mvm", 0.675, _SUZUKI, "collapsed", 134, 188),
    _row("lopsided", "bvf", 0.250, _SUZUKI, "collapsed", 20, 92),
    _row("bulge", "mvm", 0.70, _CUENOD, "collapsed", 21, 30),
    _row("bulge", "bvf", 0.063, _CUENOD, "collapsed", 4, 63),
    _row("fragment", "mvm", 0.08, _CUENOD, "collapsed", 0, 30),
    _row("fragment", "bvf", 0.159, _CUENOD, "collapsed", 10, 63),
    _row("cleft", "mvm", 0.027, "10.1007/s00256-016-2505-5", "all", 3, 111),
    _row("cleft", "bvf", 0.115, "gas on CT, J Comput Assist Tomogr: 11 of 96", "collapsed", 11, 96),
    _row("band", "mvm", 0.08, "assumption: odds ratio 0.047, 10.4184/asj.2017.11.3.478", "collapsed"),
    _row("band", "bvf", 0.65, "assumption: most acute fractures, callus in some old ones", "collapsed"),
    _row("pedicle-complete", "mvm", 26 / 186, _KITAGAWA, "all", 26, 186),
    _row("pedicle-partial", "mvm", 40 / 186, _KITAGAWA, "all", 40, 186),
    _row("pedicle-hidden", "mvm", 28 / 186, _KITAGAWA, "all", 28, 186),
    _row("pedicle", "mvm", 294 / 463, _LINK, "all", 294, 463),
    _row("pedicle", "bvf", 0.063, _CUENOD, "all", 4, 63),
    _row("pedicle-complete", "bvf", 0.012, "assumption: a share of the 4 of 63 of MRI"),
    _row("pedicle-partial", "bvf", 0.018, "assumption: a share of the 4 of 63 of MRI"),
    _row("pedicle-hidden", "bvf", 0.012, "assumption: a share of the 4 of 63 of MRI"),
    _row("pedicle-infiltrated", "bvf", 0.021, "assumption: oedema, the rest of the 4 of 63 of MRI"),
    _row("body", "mvm", 441 / 463, _LINK, "all", 441, 463),
    _row("posterior-elements", "mvm", 21 / 29, _KOREAN, "collapsed", 21, 29),
    _row("posterior-elements", "mvm", 0.25, "assumption: less than in fractures", "not collapsed"),
    _row("posterior-elements", "bvf", 0.015, _KOREAN, "collapsed", 0, 23),
    _row("occult", "mvm", 33 / 64, _KITAGAWA + ": no sign on film", "no pedicle sign", 33, 64),
    _row("diffuse", "mvm", 0.20, "assumption: a fifth of metastases infiltrate the whole vertebra"),
    _row("diffuse", "bvf", 0.03, "assumption: patchy loss or callus throughout the body"),
    _row("lytic", "bvf", 0.0625, "10.1007/s00330-007-0807-7, cortex destroyed", "collapsed", 15, 240),
    _row("blastic", "bvf", 0.015, "assumption: bone islands, 14 of 100 cadavers over some ten levels"),
    _row("mass", "mvm", 16 / 29, _KOREAN, "collapsed", 16, 29),
    _row("mass", "mvm", 0.25, "assumption: less than in fractures", "not collapsed"),
    _row("mass", "bvf", 0.03, _KOREAN + "; a lump of blood", "collapsed", 0, 23),
    _row("haematoma", "mvm", 12 / 63, _SWELLING, "collapsed", 12, 63),
    _row("haematoma", "bvf", 0.985, _SWELLING, "acute", 153, 153),
    _row("haematoma", "bvf", 0.05, "assumption: blood is resorbed", "old"),
    _row("epidural", "mvm", 24 / 30, _CUENOD + "; on no film", "collapsed", 24, 30),
    _row("epidural", "mvm", 0.30, "assumption: less than in fractures; on no film", "not collapsed"),
    _row("epidural", "bvf", 0.02, _CUENOD + "; on no film", "all", 0, 63),
    _row("fracture-spur", "mvm", 0.06, "assumption: as many as have had a fracture, PMC7422504"),
    _row("fracture-spur", "bvf", 0.45, "assumption: no counts were found", "old"),
    _row("further-metastasis", "mvm", 0.60, "assumption: 39 % at three levels or more (Mesfin 2015)"),
    _row("further-fracture", "mvm", 0.055, "PMC7422504, VFA of adults: 5.4 %", "all", 180, 3330),
    _row("further-fracture", "bvf", 0.201, "Chin J Orthop 2023:172, 79.9 % single", "all", 190, 944),
)

ON_FILMS: tuple[Frequency, ...] = (
    # 94 of 186 have a pedicle sign; of the 64 studied of the others 33 have no sign at all: 0.745, its limits
    # by the delta method.
    Frequency("sign", "mvm", None, _KITAGAWA + ": any sign", limits=(0.674, 0.816)),
    Frequency("sign-pedicle", "mvm", None, _KITAGAWA, counts=(94, 186)),
)
"""What films show of it; the first is any of a case's signs, the others the sign of that name."""

_DRAWN = {(each.name, each.group, each.among): each.drawn for each in FREQUENCIES if each.drawn is not None}

ACUTE_SHARE = 0.70
"""Of benign fractures, of the last weeks; an assumption: films are taken for new pain."""

TILT_DEGREES = {"mvm": (7.0, 4.5), "bvf": (3.1, 2.8)}
"""Mean and SD of the angle of a collapse on the AP film (Suzuki et al., J Orthop Sci 2017); folded normal."""

LOSS = {True: (0.20, 0.065), False: (0.363, 0.247)}
"""Mean and SD of the share of height lost, by acute or old.

Fitted to Qasem et al., J Orthop Surg Res 2014: 84.6 % of the height in front is left at injury, 63.7 % after
six months; 85.6 % of acute and 32.4 % of old fractures have more than 75 %. A third of acute ones are occult.
For metastases no counts were found: as in old fractures.
"""

PRIMARIES = {
    "F": {"breast": 0.40, "lung": 0.30, "kidney": 0.08, "other": 0.22},
    "M": {"prostate": 0.30, "lung": 0.35, "kidney": 0.12, "other": 0.23},
}
"""Where metastases come from, by sex; an assumption, as hospitals differ."""

KINDS = {
    "breast": (0.56, 0.20, 0.24),
    "prostate": (0.14, 0.62, 0.24),
    "lung": (0.64, 0.33, 0.03),
    "kidney": (0.91, 0.07, 0.02),
    "other": (0.60, 0.25, 0.15),
}
"""Lytic, blastic and mixed by primary tumour (Reddington 2016, 10.4103/2152-7806.182549; other: assumed)."""

KIND_SHARES = {"lytic": 0.57, "blastic": 0.29, "mixed": 0.14}
"""What follows from both for as many women as men."""


def drawn(name: str, group: str, among: str = "all") -> float:
    """The probability of a finding in a group."""
    return _DRAWN[name, group, among]


def has_finding(name: str, words: Collection[str]) -> bool:
    """Whether the words of a vertebra in the table of levels tell of a finding."""
    return any(word in words for word in _MEANING.get(name, (name,)))


def belongs(among: str, words: Collection[str]) -> bool:
    """Whether a vertebra with these words is one of those that a frequency is of."""
    collapsed = has_finding("collapse", words)
    return {
        "all": True,
        "collapsed": collapsed,
        "not collapsed": not collapsed,
        "acute": "acute" in words,
        "old": "old" in words,
        "no pedicle sign": not any(word in words for word in _PEDICLE_WORDS),
    }[among]


def is_part(word: str) -> bool:
    """Whether a word is one of several that a finding of the table stands for."""
    return any(word in words for words in _MEANING.values())


def names(frequencies: Iterable[Frequency] = FREQUENCIES) -> tuple[str, ...]:
    """Every finding of the table, once."""
    return tuple(dict.fromkeys(each.name for each in frequencies))
