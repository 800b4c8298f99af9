"""The option --dicom of predict."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mvm_core.errors import ExchangeError
from mvm_core.radiograph import FilmPair, View

if TYPE_CHECKING:
    from mvm_core.examination import Examination
    from mvm_core.exchange import SourceFilm


@dataclass(frozen=True)
class DicomResults:
    """Where the results of a reading go as DICOM objects, checked before the reading."""

    folder: Path
    sources: "Mapping[View, SourceFilm]"

    @classmethod
    def prepare(cls, folder: Path, pair: FilmPair, files: Mapping[View, Path | None]) -> "DicomResults":
        """Look at the folder and at the films' headers.

        Raises
        ------
        ExchangeError
            If the packages for it are not installed, or a film belongs to no study.
        OutputError
            If the folder holds other results.
        """
        try:
            from mvm_core.exchange import check_folder, open_source
        except ModuleNotFoundError as error:
            raise ExchangeError(
                "--dicom",
                f"the package {error.name} is not installed",
                "pip install -r requirements-clinic.txt",
            ) from None
        check_folder(folder)
        films = pair.films
        sources = {
            view: open_source(file, film) for view, film in films.items() if (file := files[view]) is not None
        }
        return cls(folder, sources)

    def write(self, found: "Examination") -> None:
        """Make all objects and write them, or none.

        Raises
        ------
        ExchangeError
            If the films may be of two patients.
        OutputError
            If the folder cannot be written.
        """
        from mvm_core.exchange import results_as_dicom, write_objects

        write_objects(self.folder, results_as_dicom(found, self.sources))
