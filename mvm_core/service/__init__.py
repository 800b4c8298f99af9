"""The reader as an HTTP service: films in, the JSON of ``predict`` out."""

from mvm_core.service.application import create_app
from mvm_core.service.settings import ServiceSettings, read_tokens

__all__ = ["ServiceSettings", "create_app", "read_tokens"]
