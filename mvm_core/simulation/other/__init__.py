"""Everything on a spine film that is neither a metastasis nor a benign fracture.

`kinds` holds the table of kinds, `bone`, `disc` and `number` what each does to the spine, `change` what one
vertebra can have, `moves` how a spine gives way, `grains` what lies beside the vertebrae.
"""

from mvm_core.simulation.other.change import Change, Others
from mvm_core.simulation.other.kinds import KINDS, OTHER, Kind, draw_others, kind_and_level, levels_of

__all__ = [
    "KINDS",
    "OTHER",
    "Change",
    "Kind",
    "Others",
    "draw_others",
    "kind_and_level",
    "levels_of",
]
