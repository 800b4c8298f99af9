"""A weights folder as its own files tell of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from mvm_core.cohort import read_predictions
from mvm_core.cohort.predictions import load_table
from mvm_core.errors import WeightsError
from mvm_core.models.weights import MANIFEST, Weights, load_weights
from mvm_core.sealed import RECORD, TABLES, Seal, read_seal
from mvm_core.study.sealed_figures import SiteFigures, sealed_figures

CARD = "model_card.md"
SEALED = (RECORD, *TABLES.values())
"""What the sealed test is made of: its figures stand where all of these do."""

_SHORT = 12


@dataclass(frozen=True)
class Release:
    """A weights folder, opened.

    Attributes
    ----------
    folder : Path
    weights : Weights
        Checked against the sums of its manifest.
    manifest : mapping
        The manifest as it is.
    """

    folder: Path
    weights: Weights
    manifest: Mapping[str, Any]

    def has(self, file: str) -> bool:
        """Whether the folder holds a file."""
        return (self.folder / file).is_file()

    @property
    def simulated(self) -> bool:
        """Whether the networks learnt disease from simulated films."""
        return self.weights.simulated

    @property
    def short_identity(self) -> str:
        """The first digits of the SHA-256 of the manifest."""
        return self.weights.identity[:_SHORT]

    @cached_property
    def seal(self) -> Seal | None:
        """The sealed test of these weights; None where a file of it is not there, or it is of others."""
        return read_seal(self.folder, self.weights.identity) if all(map(self.has, SEALED)) else None

    @cached_property
    def sites(self) -> tuple[SiteFigures, ...]:
        """Figures of the sealed test, by site; none without one."""
        return () if self.seal is None else sealed_figures(self.seal)

    @cached_property
    def sealed_predictions(self) -> pd.DataFrame:
        """Every reading of every sealed patient at the marked level, both questions."""
        return read_predictions(self.folder / TABLES["predictions"])

    @cached_property
    def sealed_cases(self) -> pd.DataFrame:
        """What is wrong with each sealed patient, all columns as text."""
        return load_table(self.folder / TABLES["cases"])[0]

    @cached_property
    def card(self) -> str:
        """The model card, as it lies in the folder."""
        return (self.folder / CARD).read_text()

    def record(self, file: str) -> dict[str, Any]:
        """A JSON file of the folder.

        Raises
        ------
        WeightsError
            If it is none.
        """
        try:
            return dict(json.loads((self.folder / file).read_bytes()))
        except (OSError, ValueError, TypeError) as error:
            raise self.damaged(file, error) from None

    def table(self, file: str) -> pd.DataFrame:
        """A CSV file of the folder.

        Raises
        ------
        WeightsError
            If it is none.
        """
        try:
            return pd.read_csv(self.folder / file, keep_default_na=True)
        except (OSError, ValueError) as error:
            raise self.damaged(file, error) from None

    def damaged(self, file: str, error: Exception) -> WeightsError:
        """A file of the folder that cannot be understood."""
        told = f"no {error}" if isinstance(error, KeyError) else str(error)
        return WeightsError(
            str(self.folder / file), f"it cannot be understood ({told})", "restore it, or delete it"
        )


def open_release(folder: Path) -> Release:
    """Open a weights folder.

    Raises
    ------
    WeightsError
        If it is no complete weights folder.
    """
    weights = load_weights(folder)
    return Release(folder, weights, json.loads((folder / MANIFEST).read_text()))
