"""Who saw what of whom. Each service keeps its own log, numbered without gaps, and is asked by itself: so no page misses an entry."""

import re
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import strawberry

from gateway.clients.accesses import Wanted
from gateway.schema.access import allows
from gateway.schema.paging import After, Connection, First, Info, PageRefused, connection, rows
from gateway.schema.structs import asked, shown
from shared.contracts import access as contract
from shared.identity import Role

shown(contract.AccessedPerson, "AccessedPerson")
shown(contract.AccessEntry, "AccessEntry")


@strawberry.enum(description="Whose log it is: each service writes down what it shows itself.")
class Service(StrEnum):
    """A service of an organisation."""

    INTAKE = "intake"
    NETWORK = "network"
    EVENTS = "events"


AccessLogInput = Annotated[Wanted, asked(Wanted, "AccessLogInput")]

OVERSEERS = allows(Role.PRIVACY_OFFICER)
AND_THEMSELVES = allows(Role.PRIVACY_OFFICER, Role.PARTICIPANT)
_NUMBER = re.compile(r"[1-9][0-9]{0,14}")
"""Fewer digits than the contract's `LAST`."""


@strawberry.type
class AccessQuery:
    """Reading the access log, which is recorded in it."""

    @strawberry.field(
        description="Who saw what of whom at one service, and changes of who may; newest first.", extensions=OVERSEERS
    )
    async def access_log(
        self, info: Info, service: Service, input: AccessLogInput, first: First = 20, after: After = None
    ) -> Connection[contract.AccessEntry]:
        """List it."""
        log = info.context.accesses(service.value)
        return connection(await log.all(input, rows(first), _number(after)))

    @strawberry.field(
        description="Who saw what of one person at one service, with nobody else in it; newest first.",
        extensions=AND_THEMSELVES,
    )
    async def participant_access_log(
        self, info: Info, service: Service, participant: UUID, first: First = 20, after: After = None
    ) -> Connection[contract.AccessEntry]:
        """List it."""
        return connection(await info.context.accesses(service.value).of(participant, rows(first), _number(after)))


def _number(after: str | None) -> int | None:
    """A cursor of these lists is an entry's number. Raises `Refused("cursor-malformed")`."""
    if after is None:
        return None
    if not _NUMBER.fullmatch(after):
        raise PageRefused("cursor-malformed")
    return int(after)
