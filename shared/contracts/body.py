"""What every letter between organisations is made of. Texts are limited: who writes more is not read."""

from typing import Annotated, ClassVar, TypeAlias

import msgspec

Line: TypeAlias = Annotated[str, msgspec.Meta(max_length=100)]
Text: TypeAlias = Annotated[str, msgspec.Meta(max_length=500)]
Lines: TypeAlias = Annotated[tuple[Line, ...], msgspec.Meta(max_length=20)]
Steps: TypeAlias = Annotated[tuple[Line, ...], msgspec.Meta(max_length=1000)]
Age: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=120)]
Number: TypeAlias = Annotated[int, msgspec.Meta(ge=1, lt=10**9)]
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, lt=10**9)]


class Body(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=False):
    """Unknown fields are tolerated: a newer partner may say more."""

    RECEIVER: ClassVar[str] = "intake"
