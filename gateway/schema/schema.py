"""The schema: every area together, bounded (trust.md, "GraphQL stays bounded")."""

import strawberry
from graphql import GraphQLError, GraphQLSchema
from strawberry.extensions import DisableIntrospection
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from gateway.errors import CodedErrors
from gateway.schema.accesses import AccessQuery
from gateway.schema.agenda import AgendaMutation, AgendaQuery
from gateway.schema.bounded import Bounded
from gateway.schema.caller import CallerQuery
from gateway.schema.counts import CountMutation, CountQuery
from gateway.schema.directory import DirectoryMutation, DirectoryQuery
from gateway.schema.erasures import ErasureMutation, ErasureQuery
from gateway.schema.links import LinkMutation, LinkQuery
from gateway.schema.network import NetworkMutation
from gateway.schema.openings import OpeningMutation, OpeningQuery
from gateway.schema.participants import ParticipantMutation, ParticipantQuery
from gateway.schema.referrals import ReferralMutation, ReferralQuery, ReferralSubscription


@strawberry.type(description="Reading. Everything is asked of your own organisation only.")
class Query(
    CallerQuery,
    DirectoryQuery,
    ParticipantQuery,
    ReferralQuery,
    ErasureQuery,
    CountQuery,
    AccessQuery,
    OpeningQuery,
    AgendaQuery,
    LinkQuery,
):
    """All areas."""


@strawberry.type(description="Changing. Ids of new things are UUIDv7 that you make: asked twice, done once.")
class Mutation(
    ParticipantMutation,
    DirectoryMutation,
    ReferralMutation,
    ErasureMutation,
    CountMutation,
    OpeningMutation,
    AgendaMutation,
    NetworkMutation,
    LinkMutation,
):
    """All areas."""


@strawberry.type(description="News without asking, over a websocket (graphql-transport-ws).")
class Subscription(ReferralSubscription):
    """All areas."""


class Schema(strawberry.Schema):
    """Keeps quiet: `CodedErrors` logs what nobody foresaw, and nothing else of a caller's question belongs in a log."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Log nothing here."""

    @property
    def graphql(self) -> GraphQLSchema:
        """The schema as graphql-core knows it."""
        return self._schema


def schema(*, production: bool) -> Schema:
    """Make the schema; introspection and suggestions only outside production."""
    hidden = (DisableIntrospection,) if production else ()
    made = Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        config=StrawberryConfig(disable_field_suggestions=production),
        extensions=[CodedErrors, *hidden, lambda: Bounded(made.graphql)],
    )
    return made
