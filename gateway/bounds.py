"""How much one question, one connection and one caller may ask (trust.md, "GraphQL stays bounded")."""

DEPTH = 8
"""Fields within each other."""
LARGEST_DOCUMENT = 16 * 1024
"""Characters of a document."""
TOKENS = 1_000
"""Words and marks of a document (GraphQL's specification, section 2.1.6), comments too."""
PARTS = 25
"""Operations and fragments in a document; validation compares them all with each other."""
ALIASES = 15
"""Fields under another name, or asked again in the same place."""
FIELDS = 500
"""Fields in all, with every fragment put where it is used."""
OBJECTS = 1_000
"""Objects that an answer may hold: list sizes multiply."""
VALUES = 1_000
"""Values in the variables."""
FAULTS = 5
"""Faults of one document that are told; looking for more takes a hostile document's side."""
SECONDS = 2.0
"""Time in which a question is answered. A change is not cut off half-way: each of its calls has its node's own time."""
LARGEST_BODY = 64 * 1024
"""Bytes of one request, and of one message on a websocket."""
SUBSCRIPTIONS = 10
"""Operations at once on one websocket."""
CONNECTIONS = 1_000
"""Websockets in all."""
CONNECTIONS_EACH = 20
"""Websockets of one caller."""
INIT_SECONDS = 10.0
"""Time in which a websocket says who is there."""
BUCKETS = 10_000
"""Callers whose asking is remembered; who asked longest ago is forgotten first."""
