"""JPEG lossless by GDCM, in a process of its own; a decoding plugin for pydicom.

GDCM is the one decoder of JPEG lossless with a usable licence, and it ends its process on some damaged
streams. Run as a script, this file is that process.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydicom.pixels.decoders.base import DecodeRunner

TIME_LIMIT_S = 120
JPEG_LOSSLESS = "1.2.840.10008.1.2.4.57"
JPEG_LOSSLESS_SV1 = "1.2.840.10008.1.2.4.70"
DECODER_DEPENDENCIES = {JPEG_LOSSLESS: ("gdcm>=3.0.10",), JPEG_LOSSLESS_SV1: ("gdcm>=3.0.10",)}


def is_available(uid: str) -> bool:
    """Whether a transfer syntax can be decoded here."""
    return uid in DECODER_DEPENDENCIES


def decode_frame(stream: bytes, runner: "DecodeRunner") -> bytes:
    """Decode one frame.

    Parameters
    ----------
    stream : bytes
        The compressed frame.
    runner : pydicom.pixels.decoders.base.DecodeRunner
        Says how the frame is laid out.

    Returns
    -------
    bytes
        The frame's samples.

    Raises
    ------
    RuntimeError
        If the process did not end well.
    """
    layout = {
        "syntax": str.__str__(runner.transfer_syntax),
        "size": [runner.columns, runner.rows, 1],
        "photometric": str(runner.photometric_interpretation),
        "planar": runner.planar_configuration if runner.samples_per_pixel > 1 else 0,
        "format": [
            runner.samples_per_pixel,
            runner.bits_allocated,
            runner.bits_stored,
            runner.bits_stored - 1,
            runner.pixel_representation,
        ],
    }
    # -P keeps this folder's modules from hiding others of the same name.
    command = [sys.executable, "-P", str(Path(__file__)), json.dumps(layout)]
    try:
        done = subprocess.run(command, input=stream, capture_output=True, timeout=TIME_LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        raise RuntimeError("GDCM took too long") from None
    if done.returncode != 0 or not done.stdout:
        raise RuntimeError("GDCM could not decode the frame")
    return done.stdout


def _decode_here(layout: dict, stream: bytes) -> bytes:
    import gdcm

    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(stream)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions(tuple(layout["size"]))
    image.SetDataElement(element)
    kind = gdcm.PhotometricInterpretation.GetPIType(layout["photometric"])
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(kind))
    image.SetPlanarConfiguration(layout["planar"])
    image.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.GetTSType(layout["syntax"])))
    image.SetPixelFormat(gdcm.PixelFormat(*layout["format"]))
    # GDCM hands bytes out as text.
    return image.GetBuffer().encode("utf-8", "surrogateescape")


if __name__ == "__main__":
    sys.stdout.buffer.write(_decode_here(json.loads(sys.argv[1]), sys.stdin.buffer.read()))
