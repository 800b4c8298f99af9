"""Where an archive lies: a folder, or what pyarrow's file systems know, such as ``s3://``."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO, TypeVar, cast
from urllib.parse import parse_qs, urlsplit

from pyarrow import ArrowException
from pyarrow import fs as arrow_files

from mvm_core.errors import FilmError, StorageError
from mvm_core.imaging import MAX_FILE_BYTES

ATTEMPTS = 10
"""How often a request to object storage is made before it counts as failed."""

_WAIT_S = 10

Given = TypeVar("Given")


@dataclass(frozen=True)
class Storage:
    """A place with files below it.

    Attributes
    ----------
    address : str
        A folder's path, or an address such as ``s3://bucket/folder``.
    """

    address: str

    @property
    def is_local(self) -> bool:
        """Whether it is a folder or a file of this machine."""
        return "://" not in self.address

    def _opened(self) -> tuple[arrow_files.FileSystem, str]:
        return _open(self.address)

    def files(self) -> list[tuple[str, int]]:
        """Every file below, by its path from here, and its size in bytes; in the order of the paths.

        Raises
        ------
        StorageError
            If the place is not there, or cannot be reached or listed.
        """
        files, base = self._opened()
        with self._told():
            found = files.get_file_info(base)
            if found.type == arrow_files.FileType.NotFound:
                raise StorageError(self.address, "there is no such place", "name one that is there")
            if found.type == arrow_files.FileType.File:
                return [("", found.size)]
            listed = files.get_file_info(arrow_files.FileSelector(base, recursive=True))
        return sorted(
            (each.path[len(base) :].lstrip("/"), each.size)
            for each in listed
            if each.type == arrow_files.FileType.File
        )

    def read(self, path: str, most: int = MAX_FILE_BYTES + 1) -> bytes:
        """The first bytes of a file, all of it where it has no more than `most`.

        Raises
        ------
        FilmError
            If the file is not there or may not be read.
        StorageError
            If the storage cannot be reached.
        """
        with self.opened(path) as file:
            return file.read(most)

    @contextmanager
    def opened(self, path: str) -> Iterator[BinaryIO]:
        """A file, to read in any place; raises as `read` does."""
        files, base = self._opened()
        name = path.rsplit("/", 1)[-1] or base.rsplit("/", 1)[-1]
        with self._told(name), files.open_input_file(f"{base}/{path}" if path else base) as file:
            yield cast(BinaryIO, file)

    @contextmanager
    def _told(self, file: str | None = None) -> Iterator[None]:
        """What goes wrong in the block as one sentence."""
        try:
            yield
        except (ArrowException, OSError) as error:
            said = " ".join(str(error).split())
            if file is not None and (self.is_local or isinstance(error, FileNotFoundError)):
                why = getattr(error, "strerror", None) or said.split(". ")[0]
                raise FilmError(file, f"the file cannot be opened ({why})", "check its path") from None
            raise _unreachable(self.address, said) from None


@cache
def _open(address: str) -> tuple[arrow_files.FileSystem, str]:
    if "://" not in address:
        return arrow_files.LocalFileSystem(), str(Path(address).resolve())
    try:
        if address.startswith("s3://"):
            return _open_s3(address)
        return arrow_files.FileSystem.from_uri(address)
    except (ArrowException, OSError, ValueError) as error:
        raise StorageError(
            address,
            f"it is no address that can be opened ({' '.join(str(error).split())[:160]})",
            "give a folder, or an address such as s3://BUCKET/FOLDER",
        ) from None


def _open_s3(address: str) -> tuple[arrow_files.FileSystem, str]:
    """With more attempts than the default, and the options of the address as pyarrow names them.

    What the address does not say comes from the environment, as for any client of AWS: ``AWS_ENDPOINT_URL``,
    ``AWS_REGION``, ``AWS_ACCESS_KEY_ID``, ``AWS_PROFILE`` and so on.
    """
    parts = urlsplit(address)
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    anonymous = options.pop("anonymous", "false").lower() == "true"
    known: dict[str, Callable[[str], object]] = dict.fromkeys(("endpoint_override", "region", "scheme"), str)
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    if endpoint and "endpoint_override" not in options:
        told = urlsplit(endpoint)
        options |= {"endpoint_override": told.netloc or endpoint, "scheme": told.scheme or "https"}
    unknown = options.keys() - known.keys()
    if unknown or not parts.netloc:
        raise ValueError(f"unknown option {sorted(unknown)[0]}" if unknown else "it names no bucket")
    files = arrow_files.S3FileSystem(
        anonymous=anonymous,
        # AWS's standard strategy keeps a quota of retries, which pyarrow never fills up again.
        retry_strategy=arrow_files.AwsDefaultS3RetryStrategy(max_attempts=ATTEMPTS),
        connect_timeout=_WAIT_S,
        request_timeout=3 * _WAIT_S,
        **options,
    )
    return files, f"{parts.netloc}/{parts.path.strip('/')}".rstrip("/")


def _unreachable(address: str, said: str) -> StorageError:
    lowered = said.lower()
    if "no_such_bucket" in lowered or "bucket does not exist" in lowered or "nosuchbucket" in lowered:
        return StorageError(address, "there is no such bucket", "name one that is there")
    denied = ("access_denied", "access denied", "forbidden", "http response code: 403", "credentials",
              "invalid_access_key", "signature")  # fmt: skip
    if any(word in lowered for word in denied):
        return StorageError(
            address,
            "the storage lets nobody in without the right credentials",
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a role that may read it",
        )
    return StorageError(
        address,
        f"the storage does not answer as it should ({said[:160]})",
        "see that it is up and run again: what is done is kept",
    )
