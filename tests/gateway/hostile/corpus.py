"""Questions that nobody asks in earnest. Each is refused before anything is asked, in little time and memory."""

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec


class Hostile(NamedTuple):
    """One request's body, and the code that refuses it."""

    name: str
    code: str
    query: str
    variables: Any = None
    operation: str | None = None

    def body(self) -> bytes:
        asked = {"query": self.query, "variables": self.variables, "operationName": self.operation}
        return msgspec.json.encode({name: value for name, value in asked.items() if value is not None})


LARGE, COSTLY, MALFORMED = "question-too-large", "question-too-costly", "question-malformed"


def _each(count: int, text: Callable[[int], str]) -> str:
    return " ".join(text(number) for number in range(count))


def _doubling(steps: int) -> str:
    """A fragment that uses the next one twice, which uses the next one twice, and so on."""
    return (
        "{ ...F0 } "
        + _each(steps, lambda n: f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}")
        + f" fragment F{steps} on Query {{ me {{ user }} }}"
    )


_WORDY = "query(" + _each(200, lambda n: f"$v{n}: Zarticipant{n}") + ") { me { user } }"
_MUTATION = "mutation ($input: OfferProgrammeInput!) { offerProgramme(input: $input) { id } }"
_PROGRAMME = {"id": "018f4e4e-7a3c-7000-8000-000000000001", "name": "x", "kind": "BUDDY"}
_LISTS = "{ participants(first: 100) { nodes { consents(first: 100) { nodes { id } } kliks(first: 100) { nodes { id } } } } }"

DEEP = [
    Hostile("fields within each other", LARGE, "{ referrals " * 12 + "{ id }" + " }" * 12),
    Hostile("as deep as can be written", LARGE, "{ a " * 199 + "{ b }" + " }" * 199),
    Hostile("deeper than can be read", LARGE, "{a" * 400 + "}" * 400),
    Hostile("nameless fragments within each other", LARGE, "{" + "... {" * 198 + "a" + "}" * 199 + " { b { c } }" * 40),
    Hostile(
        "lists within lists as a value",
        LARGE,
        "{ participants(first: " + "[" * 450 + "]" * 450 + ") { nodes { id } } }",
    ),
    Hostile(
        "round and round",
        LARGE,
        "{ participants { nodes { kliks { nodes { id } } " + "a { " * 8 + "b" + " }" * 8 + "} } }",
    ),
]
WIDE = [
    Hostile("one field two hundred times", LARGE, "{" + "me { user } " * 230 + "}"),
    Hostile("one word nine hundred times", LARGE, "{ me {" + "user " * 900 + "} }"),
    Hostile("more than a thousand words", LARGE, "{" + "me { user } " * 300 + "}"),
    Hostile("fields that are not there", LARGE, "{" + _each(900, lambda n: f"participantz{n}") + "}"),
    Hostile(
        "long names that are not there",
        LARGE,
        "{" + _each(220, lambda n: "a" * 60 + str(n)) + _each(300, lambda n: f"b{n}") + "}",
    ),
    Hostile("arguments that are not there", MALFORMED, "{ me(" + _each(300, lambda n: f"fir{n}: 1") + ") { user } }"),
    Hostile(
        "fields of an input that are not there",
        MALFORMED,
        "mutation { offerProgramme(input: {" + _each(300, lambda n: f"field{n}: 1") + "}) { id } }",
    ),
    Hostile("variables of types that are not there", MALFORMED, _WORDY),
    Hostile(
        "variables that nobody uses", MALFORMED, "query(" + _each(240, lambda n: f"$v{n}: Int") + ") { me { user } }"
    ),
    Hostile("directives in a row", LARGE, "{ me " + "@skip(if: false) " * 170 + "{ user } }"),
    Hostile("a hundred operations", LARGE, _each(110, lambda n: f"query Q{n} {{ me {{ user }} }}"), operation="Q1"),
    Hostile("what is the same, and differs", LARGE, "{" + ("referrals { nodes {" + "id " * 8 + "} } ") * 30 + "}"),
]
ALIASED = [
    Hostile("twenty other names", LARGE, "{" + _each(20, lambda n: f"a{n}: me {{ user }}") + "}"),
    Hostile("hundreds of other names", LARGE, "{" + _each(200, lambda n: f"a{n}: __typename") + "}"),
    Hostile(
        "other names in a fragment used often",
        LARGE,
        "{ ...F ...F ...F ...F } fragment F on Query {" + _each(4, lambda n: f"a{n}: me {{ user }}") + "}",
    ),
    Hostile(
        "other names in each operation",
        LARGE,
        _each(20, lambda n: f"query Q{n} {{ a: me {{ user }} }}"),
        operation="Q0",
    ),
]
FRAGMENTS = [
    Hostile("a fragment within itself", MALFORMED, "{ ...A } fragment A on Query { me { user } ...A }"),
    Hostile(
        "two fragments within each other",
        MALFORMED,
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A ...A }",
    ),
    Hostile(
        "a circle through fields",
        MALFORMED,
        "{ ...A } fragment A on Query { referrals { nodes { ...B } } } fragment B on ReferralItem { details { ...C ...C } }"
        " fragment C on Referral { participant { id } timeline { at } ...C }",
    ),
    Hostile(
        "every fragment in every other",
        LARGE,
        "{ ...F0 }" + _each(40, lambda n: f"fragment F{n} on Query {{ ...F{(n + 1) % 40} ...F{(n + 7) % 40} }}"),
    ),
    Hostile("doubling twenty times", LARGE, _doubling(20)),
    Hostile("doubling seventy times", LARGE, _doubling(70)),
    Hostile(
        "fifty fragments of the same field",
        LARGE,
        "{"
        + _each(50, lambda n: f"...F{n}")
        + "}"
        + _each(50, lambda n: f"fragment F{n} on Query {{ me {{ user }} }}"),
    ),
    Hostile(
        "one fragment three hundred times", LARGE, "{" + "...F " * 300 + "} fragment F on Query { me { user team } }"
    ),
]
LISTS = [
    Hostile("a list in a list", COSTLY, _LISTS),
    Hostile(
        "lists that did not say how many",
        COSTLY,
        "{ participants { nodes { consents { nodes { id } } interviews { nodes { id } } kliks { nodes { id } } } } }",
    ),
    Hostile(
        "how many by a variable",
        COSTLY,
        "query ($n: Int!) { participants(first: $n) { nodes { consents(first: $n) { nodes { id } } } } }",
        {"n": 100},
    ),
    Hostile(
        "how many by a variable's default",
        COSTLY,
        "query ($n: Int! = 100) { participants(first: $n) { nodes { kliks(first: $n) { nodes { id } } } } }",
    ),
    Hostile(
        "how many by what is no number",
        COSTLY,
        "query ($n: Int!) { participants(first: $n) { nodes { kliks(first: $n) { nodes { id } } } } }",
        {"n": "many"},
    ),
    Hostile(
        "less than nothing takes nothing off",
        COSTLY,
        "{ a: participants(first: -100) { nodes { id } } " + _LISTS.lstrip("{"),
    ),
    Hostile(
        "a list in a fragment in a list",
        COSTLY,
        "{ referrals(first: 100) { ...P } } fragment P on ReferralItemConnection { nodes { details { timeline { at } } } }",
    ),
    Hostile(
        "included all the same",
        COSTLY,
        "query ($yes: Boolean!) " + _LISTS.replace("nodes { consents", "nodes @include(if: $yes) { consents"),
        {"yes": True},
    ),
    Hostile(
        "skipped by what is no answer",
        COSTLY,
        "query ($no: Boolean) " + _LISTS.replace("nodes { consents", "nodes @skip(if: $no) { consents"),
    ),
    Hostile(
        "the schema of the schema of the schema",
        MALFORMED,
        "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }",
    ),
    Hostile(
        "the schema in many names",
        COSTLY,
        "{ __schema {"
        + _each(12, lambda n: f"a{n}: types {{ fields {{ args {{ type {{ name ofType {{ name }} }} }} }} }}")
        + "} }",
    ),
    Hostile(
        "news by a request",
        MALFORMED,
        "subscription { inboxChanged(first: 100) { nodes { details { timeline { at } } } } }",
    ),
]
HUGE = [
    Hostile("a long text", LARGE, '{ participants(after: "' + "x" * 60_000 + '") { nodes { id } } }'),
    Hostile("a long text in a block", LARGE, '{ participants(after: """' + "x\n" * 8_300 + '""") { nodes { id } } }'),
    Hostile("a long number", MALFORMED, "{ participants(first: " + "9" * 16_000 + ") { nodes { id } } }"),
    Hostile("a long list", MALFORMED, "mutation { offerProgramme(input: { areas: [" + '"a" ' * 900 + "] }) { id } }"),
    Hostile("comments only", LARGE, "#\n" * 8_100),
    Hostile("blanks only", MALFORMED, " " * 16_000),
    Hostile("long lists in a variable", LARGE, _MUTATION, {"input": _PROGRAMME | {"areas": ["GM0361"] * 6_000}}),
    Hostile("unknown fields in a variable", LARGE, _MUTATION, {"input": {f"field{n}": n for n in range(3_000)}}),
    Hostile("lists within lists in a variable", LARGE, _MUTATION, {"input": [[[[]] * 10] * 10] * 10}),
]
CORPUS = [*DEEP, *WIDE, *ALIASED, *FRAGMENTS, *LISTS, *HUGE]

BODIES = {
    "numbers of thousands of digits": b'{"query": "{ me { user } }", "variables": {"n": ' + b"9" * 60_000 + b"}}",
    "lists within lists within lists": b'{"query": "{ me { user } }", "variables": {"n": '
    + b"[" * 30_000
    + b"]" * 30_000
    + b"}}",
    "no number": b'{"query": "{ me { user } }", "variables": {"n": NaN}}',
    "no text": b'{"query": "\xff\xfe"}',
    "many questions": b'[{"query": "{ me { user } }"}, {"query": "{ me { user } }"}]',
    "half a body": b'{"query": "{ me',
}
"""Bodies that are no question at all."""
