"""What every answer tells the browser: load from here alone, never in a frame, keep nothing, fetch ahead."""

import base64
import hashlib
import re
from functools import cache, lru_cache
from pathlib import Path

import streamlit


@cache
def content_security_policy() -> str:
    """The policy; the scripts that stand in Streamlit's own page are named by their hash."""
    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    inline = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in inline
    )
    return "; ".join(
        (
            "default-src 'none'",
            # blob: the pages' own components, which Streamlit hands the browser as blobs
            f"script-src 'self' blob: {hashes}".rstrip(),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "manifest-src 'self'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


_AHEAD = {"/cohort": ("PlotlyChart", "Radio", "Selectbox", "Slider")}
"""Parts of Streamlit's own program that the browser would ask for only after a page's first words came."""


@lru_cache(maxsize=16)
def fetched_ahead(path: str) -> str:
    """The header ``Link`` of a page: what it will need of the program, at once; empty for other pages."""
    folder = Path(streamlit.__file__).parent / "static" / "static" / "js"
    names = _AHEAD.get(path, ())
    parts = [part.name for name in names for part in sorted(folder.glob(f"{name}.*.js"))]
    return ", ".join(f"<./static/js/{part}>; rel=modulepreload" for part in parts)


def security_headers(encrypted: bool) -> dict[str, str]:
    """Headers of every answer.

    Parameters
    ----------
    encrypted : bool
        Whether the browser speaks TLS with us, or with the proxy before us.
    """
    headers = {
        "content-security-policy": content_security_policy(),
        "x-frame-options": "DENY",
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
    }
    if encrypted:
        headers["strict-transport-security"] = "max-age=31536000"
    return headers
