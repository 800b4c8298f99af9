"""The viewer's own texts: what viewer.html and its scripts write, to be sent in the page's language."""

from mvm_core.language import ENGLISH, gettext, gettext_noop, language

WORDS = (
    gettext_noop("Film viewer"),
    gettext_noop("Film viewer controls"),
    gettext_noop("What dragging and the arrow keys do"),
    gettext_noop("Window"),
    gettext_noop("Pan"),
    gettext_noop("Level box"),
    gettext_noop("Corners"),
    gettext_noop("Name of the vertebra in question on the film in focus"),
    gettext_noop("Outline and name the vertebrae (V)"),
    gettext_noop("Vertebrae"),
    gettext_noop("Take the box away, so that the level found counts again (Delete)"),
    gettext_noop("Remove box"),
    gettext_noop("Zoom out"),
    gettext_noop("Zoom out (−)"),
    gettext_noop("Zoom in"),
    gettext_noop("Zoom in (+)"),
    gettext_noop("Fill each view with its level (L)"),
    gettext_noop("Zoom to level"),
    gettext_noop("Fit the films and undo window, level and inversion (0)"),
    gettext_noop("Reset"),
    gettext_noop("Bone dark (I)"),
    gettext_noop("Invert"),
    gettext_noop("Full screen (F)"),
    gettext_noop("Full screen"),
    gettext_noop("Evidence over the films"),
    gettext_noop("Evidence of"),
    gettext_noop("Question that the map answers"),
    gettext_noop("Opacity"),
    gettext_noop("logits"),
    gettext_noop(
        "A click on a vertebra makes it the level in question. Drag does what is chosen at the left; right "
        "button: pan; wheel: scrolls the page, and zooms with Ctrl or after a click into the film; double "
        "click: fit. With a film in focus the arrow keys do the same, Shift + arrow resizes the box, Delete "
        "removes it, + and − zoom, V outlines the vertebrae, L shows the level, 0 resets, I inverts, F fills "
        "the screen."
    ),
    gettext_noop("Ctrl + wheel zooms, or click into the film first."),
    gettext_noop("{level} was not read."),
    gettext_noop("{view} film"),
    gettext_noop(", {first} to {last} outlined"),
    gettext_noop(", {level} in question"),
    gettext_noop("W {width}  L {level}  zoom {zoom} %"),
    gettext_noop("inverted"),
    gettext_noop("Drag a corner; click a vertebra to name it."),
    gettext_noop("No vertebra was found on this film."),
    gettext_noop("No vertebra was found: choose Level box and draw around the one in question."),
    gettext_noop("This reading does not look at this film."),
    gettext_noop("over it the map of {title} for {short}: {says}"),
    gettext_noop("{view}: this is"),
    gettext_noop("nothing"),
    gettext_noop(
        "Evidence, one scale for both films: {low}, down to −{scale} logits, speaks {against}; "
        "{high}, up to +{scale} logits, {for}"
    ),
)


def words_in_use() -> dict[str, str]:
    """Each of the viewer's texts in the language in use; empty in English, which it knows."""
    return {} if language() == ENGLISH else {text: gettext(text) for text in WORDS}
