"""The structured report: TID 1500, Comprehensive SR.

A group (TID 1501) for each film tells its view, scale and the angles of the whole spine. A group with a
region (TID 1410) for each vertebra and film that shows it tells what is measured there, and as text what
makes it hard to read; a level that was read repeats its probabilities and zone on both films, under one
tracking UID, for viewers of either film.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from highdicom import sr
from highdicom.coding_schemes import CodingSchemeIdentificationItem
from numpy.typing import NDArray
from pydicom.sr.codedict import Code, codes
from pydicom.uid import UID

from mvm_core import __version__
from mvm_core.examination import Examination, LevelReading
from mvm_core.examination_report import answer
from mvm_core.exchange import codes as our
from mvm_core.exchange.making import (
    MAKER,
    MODEL,
    Making,
    Series,
    contributing,
    equipment,
    placed,
    timed,
    weights_named,
)
from mvm_core.exchange.source import SourceFilm
from mvm_core.imaging import check_region
from mvm_core.radiograph import Box, Radiograph, View
from mvm_core.spine import LEVELS, Spine, Vertebra
from mvm_core.spine.angles import angles
from mvm_core.spine.measures import Measures, measure


def structured_report(
    found: Examination,
    sources: Mapping[View, SourceFilm],
    main: View,
    series: Series,
    making: Making,
) -> sr.ComprehensiveSR:
    """Write a reading as a structured report in the study of one of its films.

    Parameters
    ----------
    found : Examination
    sources : mapping of View to SourceFilm
        Of every film of the examination.
    main : View
        The film whose study it goes into.
    series : Series
    making : Making

    Returns
    -------
    ComprehensiveSR
        Complete, preliminary and unverified: nobody vouches for it yet.
    """
    device = sr.ObserverContext(
        observer_type=codes.DCM.Device,
        observer_identifying_attributes=sr.DeviceObserverIdentifyingAttributes(
            uid=making.uid(),
            name=MAKER,
            manufacturer_name=MAKER,
            model_name=MODEL,
            serial_number=found.weights_id or "none",
        ),
    )
    content = sr.MeasurementReport(
        observation_context=sr.ObservationContext(observer_device_context=device),
        procedure_reported=our.PROCEDURE,
        imaging_measurements=[*_film_groups(found, sources, making), *_level_groups(found, sources, making)],
    )
    content[0].ContentSequence.append(_evaluations(found))
    order = [main, *(view for view in sources if view is not main)]
    return sr.ComprehensiveSR(
        evidence=[sources[view].header for view in order],
        content=content[0],
        is_complete=True,
        previous_versions=making.replaces or None,
        coding_schemes=[
            CodingSchemeIdentificationItem(our.OWN, name=our.OWN_NAME, responsible_organization=MAKER)
        ],
        contributing_equipment=contributing(found, making),
        **equipment(found),
        **placed(series, making, 1),
        **timed(making),
    )


def _algorithm(found: Examination) -> sr.AlgorithmIdentification:
    parameters = [f"weights (SHA-256): {weights_named(found)}", found.notice]
    if found.reading is not None:
        leading = found.reading.leading
        points = leading.points
        parameters.append(
            f"MVM or BVF by {leading.name}: BVF likely below {points.high_sensitivity:.4f}, "
            f"MVM likely from {points.high_specificity:.4f}"
        )
    told = [each for each in parameters if each]
    return sr.AlgorithmIdentification(name=MODEL, version=__version__, parameters=told, manufacturer=MAKER)


def _evaluations(found: Examination) -> sr.ContainerContentItem:
    """The answer, the notice and the warnings of the whole examination."""
    container = sr.ContainerContentItem(
        name=our.QUALITATIVE_EVALUATIONS, relationship_type=sr.RelationshipTypeValues.CONTAINS
    )
    told = [(our.ANSWER, answer(found)), (our.NOTICE, found.notice)]
    told += [(our.WARNING, warning) for warning in found.warnings]
    container.ContentSequence = sr.ContentSequence([_text(name, text) for name, text in told if text])
    return container


def _film_groups(
    found: Examination, sources: Mapping[View, SourceFilm], making: Making
) -> Iterator[sr.MeasurementsAndQualitativeEvaluations]:
    for view, source in sources.items():
        film, spine = found.pair.film(view), found.spines.get(view)
        if film is None:
            continue
        measured = []
        if film.mm_per_pixel is not None:
            # Of pixels as stored, in which regions are told too: oblong ones are read as square ones.
            stored = (source.header.Columns, source.header.Rows)
            spacing = (our.PIXEL_WIDTH, our.PIXEL_HEIGHT)
            for name, across, read in zip(spacing, stored, film.shape[::-1], strict=True):
                size = float(film.mm_per_pixel * (read / across))
                measured.append(sr.Measurement(name, size, our.MM))
        if spine is not None:
            measured += [
                sr.Measurement(
                    our.ANGLES.get(angle.name, our.COBB),
                    float(angle.degrees),
                    our.DEGREES,
                    finding_sites=[_site(angle.upper), _site(angle.lower)],
                )
                for angle in angles(spine, film.shape[0])
            ]
        header = source.header
        yield sr.MeasurementsAndQualitativeEvaluations(
            tracking_identifier=sr.TrackingIdentifier(making.uid(), f"{view.label} film"),
            finding_type=our.SPINE,
            algorithm_id=_algorithm(found),
            measurements=measured,
            qualitative_evaluations=[sr.QualitativeEvaluation(our.IMAGE_VIEW, our.VIEWS[view])],
            source_images=[sr.SourceImageForMeasurementGroup(header.SOPClassUID, header.SOPInstanceUID)],
        )


def _level_groups(
    found: Examination, sources: Mapping[View, SourceFilm], making: Making
) -> Iterator[sr.PlanarROIMeasurementsAndQualitativeEvaluations]:
    read = {level.level: level for level in found.levels}
    names = [*LEVELS, *(name for name in read if name not in LEVELS)]
    measured = {view: _measured(spine) for view, spine in found.spines.items()}
    for name in names:
        shown = [view for view in sources if _region(found, read.get(name), view, name) is not None]
        tracking = making.uid() if shown else None
        for view in shown:
            film, outline = found.pair.film(view), _region(found, read.get(name), view, name)
            if film is None or outline is None or tracking is None:
                continue
            header = sources[view].header
            yield _level_group(
                found,
                read.get(name),
                name,
                tracking,
                vertebra=found.spines[view].by_level.get(name),
                measures=measured[view].get(name),
                warnings=_warnings(found, read.get(name), view, film),
                region=sr.ImageRegion(
                    sr.GraphicTypeValues.POLYLINE,
                    sources[view].stored(np.vstack([outline, outline[:1]]), film),
                    sr.SourceImageForRegion(header.SOPClassUID, header.SOPInstanceUID),
                ),
            )


def _level_group(
    found: Examination,
    level: LevelReading | None,
    name: str,
    tracking: UID,
    vertebra: Vertebra | None,
    measures: Measures | None,
    warnings: Sequence[str],
    region: sr.ImageRegion,
) -> sr.PlanarROIMeasurementsAndQualitativeEvaluations:
    numbers: list[tuple[Code, float | None, Code]] = []
    evaluations = []
    if level is not None:
        numbers += [
            (our.P_DISEASE, level.probability_disease, our.NO_UNITS),
            (our.DISEASE_POINT, level.disease_point, our.NO_UNITS),
            (our.P_MVM, level.probability_mvm, our.NO_UNITS),
        ]
        evaluations.append(sr.QualitativeEvaluation(our.ZONE, our.ZONES[level.zone]))
        if found.level_in_question == name:
            evaluations.append(sr.QualitativeEvaluation(our.IN_QUESTION, our.YES))
    if vertebra is not None:
        numbers += [
            (our.P_VERTEBRA, vertebra.probability, our.NO_UNITS),
            (our.P_LEVEL, vertebra.level_probability, our.NO_UNITS),
        ]
    measured = [
        sr.Measurement(code, float(value), unit) for code, value, unit in numbers if value is not None
    ]
    if measures is not None:
        measured += _measurements(measures, name)
        if measures.genant is not None:
            evaluations.append(sr.QualitativeEvaluation(our.GENANT, our.GENANT_GRADES[measures.genant]))
    group = sr.PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(tracking, name or "box drawn by a person"),
        referenced_region=region,
        finding_type=our.VERTEBRA,
        algorithm_id=_algorithm(found),
        finding_sites=[_site(name)],
        measurements=measured,
        qualitative_evaluations=evaluations,
    )
    # highdicom's groups take coded evaluations alone; TID 1410 allows text too.
    group[0].ContentSequence.extend(_text(our.WARNING, warning) for warning in warnings)
    return group


def _warnings(
    found: Examination, level: LevelReading | None, view: View, film: Radiograph
) -> tuple[str, ...]:
    """What makes a level that was read hard to read on one film."""
    box = level.box(view) if level is not None else None
    if level is None or box is None:
        return ()
    vertebra = found.spines[view].by_level.get(level.level)
    corners = vertebra.corners if vertebra is not None else None
    return tuple(each.sentence for each in check_region(film, box, level.level, corners))


def _text(name: Code, text: str) -> sr.TextContentItem:
    return sr.TextContentItem(name=name, value=text, relationship_type=sr.RelationshipTypeValues.CONTAINS)


def _measurements(measures: Measures, name: str) -> Iterator[sr.Measurement]:
    for place, height in (measures.heights_mm or {}).items():
        site = sr.FindingSite(our.LEVELS.get(name, our.VERTEBRA), topographical_modifier=our.PLACES[place])
        yield sr.Measurement(our.HEIGHT, float(height), our.MM, finding_sites=[site])
    yield sr.Measurement(our.UPPER_TILT, float(measures.upper_tilt), our.DEGREES)
    yield sr.Measurement(our.LOWER_TILT, float(measures.lower_tilt), our.DEGREES)
    yield sr.Measurement(our.BETWEEN_ENDPLATES, float(measures.lopsided), our.DEGREES)
    if measures.lost is not None:
        yield sr.Measurement(our.HEIGHT_LOST, float(measures.lost), our.RATIO)


def _measured(spine: Spine) -> dict[str, Measures]:
    """By level; none of a film that lies turned, whose sides are not those of an upright one."""
    return {} if spine.turned_degrees else {each.level: each for each in measure(spine)}


def _region(
    found: Examination, level: LevelReading | None, view: View, name: str
) -> NDArray[np.float64] | None:
    """The body's outline; of a level without one on this film the box that was read."""
    spine = found.spines.get(view)
    vertebra = spine.by_level.get(name) if spine is not None else None
    if vertebra is not None:
        return vertebra.corners
    box: Box | None = level.box(view) if level is not None else None
    if box is None:
        return None
    return np.array([(box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1)])


def _site(name: str) -> sr.FindingSite:
    return sr.FindingSite(our.LEVELS.get(name, our.VERTEBRA))
