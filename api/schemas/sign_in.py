"""Shapes of signing in and of the account that is signed in."""

from __future__ import annotations

from pydantic import Field

from api.roles import Role
from api.schemas.shape import Answer, Instant, Name, Order


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
    guest_until: Instant | None = Field(
        default=None, description="Of a guest crew: until when its leave lasts, by Relight's clock."
    )


class GuestSignIn(Order):
    """The token of a guest crew's link: what stands behind `#guest=` in it."""

    token: str = Field(min_length=1, max_length=200)
