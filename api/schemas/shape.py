"""What every HTTP shape shares: read from attributes, and strict about what it is sent."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints

Instant = AwareDatetime
# Printable, and free of the one character PostgreSQL cannot keep.
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
FreeText = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=r"^[^\x00]+$")]


class Answer(BaseModel):
    """Something Relight says; it can be read from a value's attributes."""

    model_config = ConfigDict(from_attributes=True)


class Order(BaseModel):
    """Something Relight is told; a field it does not know is an error, so that a misspelt one is noticed."""

    model_config = ConfigDict(extra="forbid")
