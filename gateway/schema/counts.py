"""How many people an organisation registered, and how long it keeps their files."""

from datetime import date
from typing import Annotated

import strawberry

from gateway.schema.access import COORDINATORS, allows
from gateway.schema.paging import After, Connection, First, Info, connection, place, rows
from gateway.schema.structs import asked, shown
from shared.contracts import intake as contract
from shared.identity import Role

shown(contract.Share, "Share")
shown(contract.MonthCounts, "MonthCounts")
shown(contract.RetentionRun, "RetentionRun")
shown(contract.RetentionAnswer, "Retention")
shown(contract.ClosedFile, "ClosedFile")

SetRetentionInput = Annotated[contract.SetRetention, asked(contract.SetRetention, "SetRetentionInput")]
From = Annotated[
    date | None, strawberry.argument(name="from", description="A day of the first month; a year ago unless told.")
]
Until = Annotated[date | None, strawberry.argument(description="A day of the last month; today unless told.")]
Days = Annotated[int, strawberry.argument(description="How far ahead: 1 to 366.")]

COUNTERS = allows(Role.COORDINATOR, Role.PRIVACY_OFFICER)
READERS = allows(Role.COORDINATOR, Role.ADMINISTRATOR, Role.PRIVACY_OFFICER)
KEEPERS = allows(Role.ADMINISTRATOR, Role.PRIVACY_OFFICER)


@strawberry.type
class CountQuery:
    """Reading numbers."""

    @strawberry.field(
        description="How many people were registered and left, month by month. Not protected: for use inside the organisation.",
        extensions=COUNTERS,
    )
    async def counts(self, info: Info, since: From = None, until: Until = None) -> list[contract.MonthCounts]:
        """Count them."""
        return list((await info.context.counts.months(since, until)).months)

    @strawberry.field(
        description="How long files are kept after they were closed, who goes soon, and what went.", extensions=READERS
    )
    async def retention(self, info: Info) -> contract.RetentionAnswer:
        """Tell it."""
        return await info.context.counts.retention()

    @strawberry.field(
        description="Closed files of the team that go soon, or stay for a referral that is open; the oldest first.",
        extensions=COORDINATORS,
    )
    async def closed_files(
        self, info: Info, days: Days = 30, first: First = 20, after: After = None
    ) -> Connection[contract.ClosedFile]:
        """List them."""
        return connection(await info.context.counts.closed(days, rows(first), place(after)))


@strawberry.type
class CountMutation:
    """Saying how long is kept."""

    @strawberry.mutation(
        description="Keep closed files for so many months. More holds at once; less holds thirty days later.",
        extensions=KEEPERS,
    )
    async def set_retention(self, info: Info, input: SetRetentionInput) -> contract.RetentionAnswer:
        """Set it."""
        return await info.context.counts.keep(input)
