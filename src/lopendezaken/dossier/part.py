"""The base of everything that is read from a file."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A part of a file: fixed once read, and it knows all its keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)
