"""Why no vertebra is named on a film."""

from mvm_core.language import gettext_noop

NO_SPINE = gettext_noop("no spine is seen on it")
TOO_FEW = gettext_noop("fewer than two vertebrae are seen on it")
TOO_SMALL = gettext_noop(
    "by its pixel size its vertebrae are as small as those of a neck or of a small child, and not known here"
)
NECK = gettext_noop("it says of itself that it shows the cervical spine, which is not known here")
TURNED = gettext_noop("it is not clear whether it is an AP or a lateral film; it may be an oblique one")
SAID_OBLIQUE = gettext_noop(
    "it says of itself that it is an oblique film, and only AP and lateral ones are known here"
)

NOT_LEARNT = frozenset({TOO_SMALL, NECK, TURNED, SAID_OBLIQUE})
"""A spine, but none of those that were learnt from."""
