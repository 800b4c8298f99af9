"""What is said in structured reports, as codes: SNOMED CT, DICOM and UCUM where they have one, else our own.

Codes of others are those that DICOM PS3.16 lists (as pydicom carries them), but for `BEYOND_THE_STANDARD`.
DICOM's own come before RadLex's where a template asks for them (height, image view). Of RadLex PS3.16 lists
76 terms (prostates in MRI, image quality, artefacts, contrast agents), none of which says any of this;
RadLex's own vertebrae, such as RID29198 for T1, have codes of SNOMED CT, which PS3.16 lists.

What is left was found in none of them: SNOMED CT has kyphosis and lordosis as deformities (414564002), not as
angles; fractures and metastases, not that one of them is likely; normal, mild, moderate and severe, Genant's
words, not the name of his grades. Probabilities and points are those of this program. These are our own,
declared in every report with the scheme `OWN`.
"""

from pydicom.sr.codedict import Code, codes

from mvm_core.models.reading import Zone
from mvm_core.radiograph import View

OWN = "99MVM"
"""The designator of our own scheme; PS3.16 section 8.2 asks private ones to begin with 99."""

OWN_NAME = "Codes of mvm-core, readings of plain spine radiographs"


def _own(value: str, meaning: str) -> Code:
    return Code(value, OWN, meaning)


LEVELS = {
    "T1": Code("64864005", "SCT", "T1 vertebra"),
    "T2": Code("53733008", "SCT", "T2 vertebra"),
    "T3": Code("1626008", "SCT", "T3 vertebra"),
    "T4": Code("73071006", "SCT", "T4 vertebra"),
    "T5": Code("56401006", "SCT", "T5 vertebra"),
    "T6": Code("45296009", "SCT", "T6 vertebra"),
    "T7": Code("62487009", "SCT", "T7 vertebra"),
    "T8": Code("11068009", "SCT", "T8 vertebra"),
    "T9": Code("82687006", "SCT", "T9 vertebra"),
    "T10": Code("7610001", "SCT", "T10 vertebra"),
    "T11": Code("12989004", "SCT", "T11 vertebra"),
    "T12": Code("23215003", "SCT", "T12 vertebra"),
    "L1": Code("66794005", "SCT", "L1 vertebra"),
    "L2": Code("14293000", "SCT", "L2 vertebra"),
    "L3": Code("36470004", "SCT", "L3 vertebra"),
    "L4": Code("11994002", "SCT", "L4 vertebra"),
    "L5": Code("49668003", "SCT", "L5 vertebra"),
    "S1": Code("65985001", "SCT", "S1 vertebra"),
}
"""By name; that of S1 is in HL7's mCODE ("Structure of first sacral vertebra")."""

VERTEBRA = Code("51282000", "SCT", "Vertebra")
SPINE = Code("421060004", "SCT", "Spine")

IMAGE_VIEW = codes.DCM.ImageView
VIEWS = {
    View.AP: Code("399348003", "SCT", "antero-posterior"),
    View.LATERAL: Code("399067008", "SCT", "lateral"),
}

NO_UNITS = Code("1", "UCUM", "no units")
MM = Code("mm", "UCUM", "mm")
DEGREES = Code("deg", "UCUM", "Degree")
RATIO = Code("{ratio}", "UCUM", "ratio")

HEIGHT = codes.DCM.Height
PLACES = {
    "front": Code("255549009", "SCT", "Anterior"),
    "middle": Code("255562008", "SCT", "Mid"),
    "behind": Code("255551008", "SCT", "Posterior"),
    "left": _own("FILM-LEFT", "Side at the left of the film as hung"),
    "right": _own("FILM-RIGHT", "Side at the right of the film as hung"),
}
"""Where a height is taken; the left of an AP film is not said to be the patient's.

The middle is SNOMED CT's: that of PS3.16 is NCIt's.
"""

COBB = Code("285285000", "SCT", "Cobb angle")
KYPHOSIS = _own("KYPHOSIS", "Thoracic kyphosis, T5 upper to T12 lower endplate")
LORDOSIS = _own("LORDOSIS", "Lumbar lordosis, L1 upper to S1 upper endplate")
ANGLES = {"thoracic kyphosis": KYPHOSIS, "lumbar lordosis": LORDOSIS}
"""By name; the others are Cobb angles."""

UPPER_TILT = _own("UPPER-TILT", "Tilt of the upper endplate, right end lower is positive")
LOWER_TILT = _own("LOWER-TILT", "Tilt of the lower endplate, right end lower is positive")
BETWEEN_ENDPLATES = _own("ENDPLATES", "Angle between the endplates")
HEIGHT_LOST = _own("HEIGHT-LOST", "Share of height lost against the mean of both neighbours")
GENANT = _own("GENANT", "Genant grade told by the share of height lost")
GENANT_GRADES = (
    Code("17621005", "SCT", "Normal"),
    Code("255604002", "SCT", "Mild"),
    Code("6736007", "SCT", "Moderate"),
    Code("24484000", "SCT", "Severe"),
)
"""Genant's own words for his grades 0 to 3."""

PIXEL_WIDTH, PIXEL_HEIGHT = codes.DCM.HorizontalPixelSpacing, codes.DCM.VerticalPixelSpacing
"""Of the film as stored; PS3.16 defines them at the detector."""

P_VERTEBRA = _own("P-VERTEBRA", "Probability that a vertebra lies here")
P_LEVEL = _own("P-LEVEL", "Probability that the level is named right")
P_DISEASE = _own("P-DISEASE", "Probability that anything is wrong with the vertebra")
DISEASE_POINT = _own("DISEASE-POINT", "Probability of disease from which it counts as diseased")
P_MVM = _own("P-MVM", "Probability that it is MVM rather than BVF, if it is diseased")

ZONE = _own("ZONE", "What the reading says of the vertebra")
ZONES = {
    Zone.NOTHING_SEEN: Code("281900007", "SCT", "No abnormality detected"),
    Zone.BVF_LIKELY: _own("BVF-LIKELY", "Benign vertebral fracture likely"),
    Zone.INDETERMINATE: Code("82334004", "SCT", "Indeterminate"),
    Zone.MVM_LIKELY: _own("MVM-LIKELY", "Malignant vertebral metastasis likely"),
}

IN_QUESTION = _own("IN-QUESTION", "Level in question, read in full")
YES = Code("373066001", "SCT", "Yes")

ANSWER = _own("ANSWER", "Answer")
NOTICE = _own("NOTICE", "What the weights were trained on, and for what they are")
WARNING = _own("WARNING", "Warning")
QUALITATIVE_EVALUATIONS = Code("C0034375", "UMLS", "Qualitative Evaluations")
"""As TID 1500 asks for them."""

PROCEDURE = Code("363680008", "SCT", "Radiographic imaging procedure")
PROCESSING = codes.DCM.ProcessingEquipment

BEYOND_THE_STANDARD = (
    LEVELS["S1"],
    PLACES["middle"],
    ZONES[Zone.NOTHING_SEEN],
    PROCEDURE,
    QUALITATIVE_EVALUATIONS,
)
"""Codes of SNOMED CT and UMLS that PS3.16's lists lack; S1 and the third are in HL7's mCODE too."""
