"""The shape of a claims file as pydantic models."""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from harness.document.keys import Schema
from harness.document.wording import Wording

KEBAB = "^[a-z0-9]+(?:-[a-z0-9]+)*$"
TEXT = r"^\S(?:.*\S)?$"
ADDRESS = r"^https://\S+$"

Text = Annotated[str, Field(pattern=TEXT)]
Id = Annotated[str, Field(pattern=KEBAB)]
Count = Annotated[int, Field(ge=1)]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class DocumentShape(_Shape):
    """A cited document."""

    document: Text
    release: Text
    address: Annotated[str, Field(pattern=ADDRESS)]


class TableShape(_Shape):
    """A table of a cited document."""

    document: Id
    table: Text


class CitationShape(_Shape):
    """The cell that holds the number, or that is blank."""

    table: Id
    row: Text
    column: Text | None = None


class ClaimShape(_Shape):
    """One row; ``value`` must be written even where it's blank."""

    id: Id
    value: Count | None
    unit: Text
    platform: Literal["nfx250", "srx4100", "srx4200"] | None = None
    factors: dict[Id, Count] = {}
    meaning: Text
    doubt: Text
    citation: CitationShape


class ClaimsFile(_Shape):
    """Documents, their tables, and the numbers in them."""

    documents: Annotated[dict[Id, DocumentShape], Field(min_length=1)]
    tables: Annotated[dict[Id, TableShape], Field(min_length=1)]
    claims: Annotated[list[ClaimShape], Field(min_length=1)]


@cache
def schema() -> Schema:
    """Return the JSON schema, for the allowed keys of an error message."""
    return ClaimsFile.model_json_schema()


WORDING = Wording(
    schema=schema,
    forms=MappingProxyType(
        {
            KEBAB: "lower-case words joined by '-'",
            TEXT: "text on one line",
            ADDRESS: "an https address",
        }
    ),
)
