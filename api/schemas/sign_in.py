"""Shapes of signing in and of the account that is signed in."""

from __future__ import annotations

from pydantic import Field

from api.roles import Role
from api.schemas.shape import Answer, Name, Order


class SignIn(Order):
    """A name and a password."""

    name: Name
    password: str = Field(min_length=1, max_length=1000)


class FirstAccount(Order):
    """The form behind the one-time link."""

    name: str = Field(max_length=200)
    password: str = Field(max_length=1000)
    again: str = Field(max_length=1000)


class SignedInAs(Answer):
    """Who is signed in, and what that account is bound to."""

    name: str
    roles: list[Role]
    crew_id: str | None = None
    account: str | None = None
