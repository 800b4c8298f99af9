"""Names of devices that may leave as they are: those whose every word is a maker's or a model's own.

Anything else that stands in their place, a person's name for one, leaves as a pseudonym by which films of one
device are still known to be of one device.
"""

import re


def _words_of(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_COMPANY = _words_of("""
    ag and bv co company corp corporation electronics film gmbh group health healthcare healthineers
    imaging inc international kk limited llc ltd mec medical nv of oy photo ray sa spa srl systems
    technologies technology the x xray
""")

_MAKERS = _words_of("""
    agfa allengers atec bpl canon carestream drtech durr dürr eastman electric eos esaote fuji
    fujifilm ge general gevaert hitachi hologic icrco iray italray kodak konica lodox medicali medison
    mindray minolta neusoft oec philips primax quantum rayence samsung shimadzu siemens
    sistemi stephanix swissray thales toshiba trixell uih united vieworks villa
    wandong ziehm
""")
"""Makers of radiographic devices."""

_MODELS = _words_of("""
    5000 7500 7600 access adc advantx aero aerodr agilia aristos array artis axiom bucky calneo
    capsula carbon classic clinodigit combidiagnost compact console cr cs csi d definium delft
    diagnost digital digitaldiagnost digitalradiography digitex directview discovery dr dragon drgem
    drx drxrevolution duradiagnost dx dxd dxs edge eidos elite evo evolution excel fcr fdr
    fixed flat floor fluoro fluorospot focus fuji fujifilm fusion fx generic global gm gold halo hd hf
    icono innova iviz kinect light luminos lux m max mb metal mobile mobiledart mobilett model
    modular multi multidiagnost multix mux navigate neo nx opera optima optimus panel pcr philips plus
    precise precision premium pro proteus quantum rad radiography radnext radspeed
    raffine regius retro revolution rf room rt s safire sedecal select senographe shimavision
    silhouette smart sonialvision stand star static suite swing system table thoravision top
    trauma trinias uni unity universal v value vario velocity versa vertix vision vx wall wireless x
    xgeo xplorer xr xr220 xr240 xr575 xr646 xr656 ysio zero zsm
""")

_PART = re.compile(r"\d{1,3}|\d{1,3}[a-z]|[a-z]{1,2}\d{1,3}")
"""Of a model's name: a short number, with a letter or two at most."""

_LONGEST, _MOST_PARTS = 64, 2


def is_maker(said: str) -> bool:
    """Whether this is a maker's name, and nothing else: ``Philips Medical Systems``, ``GE Healthcare``."""
    words = _words(said)
    return bool(words & _MAKERS) and words <= _MAKERS | _COMPANY


def is_model(said: str) -> bool:
    """Whether this is a model's name, and nothing else: ``DigitalDiagnost``, ``DRX-Evolution Plus``."""
    words = _words(said)
    known = words & (_MODELS | _MAKERS)
    others = words - known
    return bool(known) and len(others) <= _MOST_PARTS and all(_PART.fullmatch(word) for word in others)


def _words(said: str) -> set[str]:
    return set(re.findall(r"[^\W_]+", said.casefold())) if len(said) <= _LONGEST else set()
