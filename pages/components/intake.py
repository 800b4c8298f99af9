"""Ways in for films: the drop zone, and the simulation of a new patient."""

import secrets
from collections.abc import Sequence

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from mvm_core.imaging import StudyFile
from mvm_core.language import gettext, gettext_noop
from mvm_core.radiograph import View
from pages.access.permission import may_change
from pages.components.dicom_results import remember_headers
from pages.components.example import no_example_any_more
from pages.components.frame import errors_told
from pages.components.study import Study, current_study, open_simulated, open_study
from pages.components.turns import in_turn, simulations

SURPRISE = gettext_noop("Surprise me")
ANY = gettext_noop("Any")
DEMO = (gettext_noop("Lesion"), gettext_noop("Level"), gettext_noop("Severity"))
_LOOKS_ONLY = gettext_noop(
    "Your account may look: simulate a patient, or open the other pages. Films are given by readers."
)


def drop_zone(label: str) -> None:
    """A place to drop a new study: both films at once, one of them, or a ZIP."""
    if not may_change():
        st.caption(gettext(_LOOKS_ONLY))
        return
    key = f"drop-{st.session_state.get('drops', 0)}"
    label = gettext("{what}. DICOM, PNG, JPEG or TIFF.", what=label)
    st.file_uploader(label, accept_multiple_files=True, key=key, on_change=_dropped, args=(key,))


def drop_zone_for_missing_film(study: Study) -> None:
    """A place to drop the second film of a study that has one."""
    if not may_change():
        return
    absent = next(view for view in View if view not in study.films.views)
    key = f"add-{st.session_state.get('drops', 0)}"
    label = gettext("Add the {view} film of the same patient", view=absent.label)
    label = gettext("{what}. DICOM, PNG, JPEG or TIFF.", what=label)
    st.file_uploader(label, accept_multiple_files=False, key=key, on_change=_dropped, args=(key, True))


def simulate_form() -> None:
    """Choices for a simulated patient and the button that makes one."""
    from mvm_core.simulation.settings import LEVELS, SEVERITIES

    # Widgets that leave the page lose their values, so the choices are kept apart from them.
    choices: dict[str, object] = st.session_state.setdefault("demo", {})
    columns = st.columns(3)
    all_options = ([SURPRISE, *_kinds()], [ANY, *LEVELS], [ANY, *SEVERITIES])
    for column, name, options in zip(columns, DEMO, all_options, strict=True):
        before = options.index(choices[name]) if choices.get(name) in options else 0
        choices[name] = column.selectbox(
            gettext(name), options, index=before, format_func=_option, key=f"demo-{name}"
        )
    st.button(gettext("Simulate a new patient"), on_click=ask_for_patient)


def _option(value: object) -> str:
    return {1: gettext("1, mild"), 2: gettext("2, moderate"), 3: gettext("3, severe")}.get(
        value, _named(str(value))
    )


def _named(choice: str) -> str:
    """A choice for people: a kind of lesion with its group, a level, or what stands for all of them."""
    group, colon, kind = choice.partition(": ")
    return gettext("{group}: {kind}", group=gettext(group), kind=gettext(kind)) if colon else gettext(choice)


def ask_for_patient() -> None:
    """Let the next run of the page simulate a patient."""
    choices = st.session_state.setdefault("demo", {})
    choices |= {name: st.session_state[key] for name in DEMO if (key := f"demo-{name}") in st.session_state}
    st.session_state["patient_asked_for"] = True


def simulate_where_asked() -> None:
    """Simulate the patient that was asked for and open the films as the study on the page."""
    if not st.session_state.pop("patient_asked_for", False):
        return
    # The simulator is loaded by those who use it only.
    from mvm_core.simulation import PatientRequest, film_to_dicom, simulate_patient

    choices = st.session_state.get("demo", {})
    label, kind = _kinds().get(choices.get("Lesion"), (None, None))
    level, severity = (
        None if choices.get(name) == ANY else choices.get(name) for name in ("Level", "Severity")
    )
    with st.spinner(gettext("Simulating a patient")), errors_told():
        seed = secrets.randbelow(2**31)
        request = PatientRequest(seed, label=label, kind=kind, level=level, severity=severity)
        patient = in_turn(simulations(), lambda: simulate_patient(request), "simulation")
        files = [
            StudyFile(f"{patient.case_id}_{view}.dcm", film_to_dicom(patient, view)) for view in patient.films
        ]
        open_simulated(patient, files)


def _kinds() -> dict[object, tuple[str, str]]:
    from mvm_core.simulation.settings import KINDS_BY_LABEL

    return {
        f"{label.upper()}: {kind}": (label, kind) for label, kinds in KINDS_BY_LABEL.items() for kind in kinds
    }


def _dropped(key: str, adds: bool = False) -> None:
    dropped = st.session_state.get(key)
    given = dropped if isinstance(dropped, list) else [dropped]
    # A browser that is busy names files once more that were taken over and let go already.
    uploads = [each for each in given if isinstance(each, UploadedFile)]
    if not uploads:
        return
    files = [StudyFile(upload.name, upload.getvalue()) for upload in uploads]
    _forget(uploads)
    no_example_any_more()
    # A fresh drop zone: what is dropped next is a study of its own.
    st.session_state["drops"] = st.session_state.get("drops", 0) + 1
    study = current_study()
    before = [study.films.film(view) for view in study.films.views] if adds and study is not None else []
    open_study(files, also=[film for film in before if film is not None])
    remember_headers(files)


def _forget(uploads: Sequence[UploadedFile]) -> None:
    """Let Streamlit drop its copy, which it would keep until the session ends."""
    context = get_script_run_ctx()
    if context is None or not isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        return
    for upload in uploads:
        context.uploaded_file_mgr.remove_file(context.session_id, upload.file_id)
