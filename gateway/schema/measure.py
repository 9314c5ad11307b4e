"""How large a question is and how large its answer can get, before anything is asked (trust.md, "GraphQL stays bounded").

List sizes multiply: a list in a list of a hundred is counted a hundred times. A fragment is measured once, however often it is used,
so measuring takes no longer than reading the document, also when its fragments double at each step.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from graphql import (
    BooleanValueNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_object_type,
)

from gateway.schema.paging import MOST

LIST = 20
"""Objects that a list of objects is counted for when nobody can say how many rows it gives."""
INTROSPECTED = 3
"""The same for a list that the schema tells of itself: GraphiQL's own question just fits."""
_PAGED = "first"


class Size(NamedTuple):
    """What a part of a question comes to."""

    objects: int = 0
    """Objects in the answer, for one object that this part is asked of."""
    rows: int = 0
    """Objects for one row, where this part is asked of a page."""
    fields: int = 0
    """Fields that are asked, with every fragment put in its place."""
    aliases: int = 0
    """Fields that are asked under another name, or once more in the same place."""
    depth: int = 0
    """Fields within each other; what the schema tells of itself does not count."""

    def beside(self, other: "Size") -> "Size":
        """Both parts asked of the same object."""
        return Size(
            self.objects + other.objects,
            self.rows + other.rows,
            self.fields + other.fields,
            self.aliases + other.aliases,
            max(self.depth, other.depth),
        )


NOTHING = Size()


def measured(schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any]) -> Iterator[Size]:
    """The size of each operation of a document. It may be one that is not valid: what the schema does not know counts as one object."""
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
    operations = (one for one in document.definitions if isinstance(one, OperationDefinitionNode))
    return (_Measure(schema, fragments, one, variables).size() for one in operations)


class _Measure:
    """The measuring of one operation with the variables it was sent."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._operation = operation
        defaults = {one.variable.name.value: one.default_value for one in operation.variable_definitions or ()}
        self._variables = {name: _plain(value) for name, value in defaults.items() if value} | dict(variables)
        self._measured: dict[str, Size] = {}
        self._pages = _pages(schema)

    def size(self) -> Size:
        root = self._schema.get_root_type(self._operation.operation)
        return self._set(self._operation.selection_set, root)

    def _set(self, selections: SelectionSetNode, parent: GraphQLObjectType | None) -> Size:
        total, names = NOTHING, set[str]()
        for selection in selections.selections:
            part = self._selection(selection, parent)
            if isinstance(selection, FieldNode):
                name = (selection.alias or selection.name).value
                again = selection.alias is None and name in names
                names.add(name)
                part = part._replace(aliases=part.aliases + again)
            total = total.beside(part._replace(objects=0, rows=0) if self._left_out(selection) else part)
        return total

    def _selection(self, selection: SelectionNode, parent: GraphQLObjectType | None) -> Size:
        match selection:
            case FieldNode():
                return self._field(selection, parent)
            case FragmentSpreadNode():
                return self._fragment(selection.name.value)
            case InlineFragmentNode():
                on = selection.type_condition
                return self._set(selection.selection_set, self._object(on.name.value) if on else parent)
            case _:
                return NOTHING

    def _fragment(self, name: str) -> Size:
        """A fragment within itself counts as nothing here: validation refuses the question for it."""
        if name not in self._measured:
            self._measured[name] = NOTHING
            if fragment := self._fragments.get(name):
                on = self._object(fragment.type_condition.name.value)
                self._measured[name] = self._set(fragment.selection_set, on)
        return self._measured[name]

    def _field(self, node: FieldNode, parent: GraphQLObjectType | None) -> Size:
        told = self._schema.get_field(parent, node.name.value) if parent else None
        aliases = int(node.alias is not None)
        if node.selection_set is None:
            return Size(fields=1, aliases=aliases)
        kind = get_named_type(told.type) if told else None
        within = self._set(node.selection_set, kind if is_object_type(kind) else None)
        own_schema = node.name.value.startswith("__")
        size = Size(0, 0, within.fields + 1, within.aliases + aliases, 0 if own_schema else within.depth + 1)
        if told is None:
            return size._replace(objects=1 + within.objects + within.rows)
        if _PAGED in told.args:
            return size._replace(objects=1 + within.objects + within.rows * self._page(node, told))
        each = 1 + within.objects + within.rows * LIST
        if not is_list_type(get_nullable_type(told.type)):
            return size._replace(objects=each)
        if parent in self._pages:
            return size._replace(rows=each)
        return size._replace(objects=each * (INTROSPECTED if str(kind).startswith("__") else LIST))

    def _page(self, node: FieldNode, told: GraphQLField) -> int:
        """Rows that are asked for; what is no number is counted as the most, and refused where it is read."""
        for argument in node.arguments or ():
            if argument.name.value == _PAGED:
                missing = isinstance(argument.value, VariableNode) and argument.value.name.value not in self._variables
                given = told.args[_PAGED].default_value if missing else self._given(argument.value)
                return min(max(int(given), 1), MOST) if _is_number(given) else MOST
        return int(told.args[_PAGED].default_value)

    def _left_out(self, node: SelectionNode) -> bool:
        """Whether `@skip` or `@include` leaves it out of this answer."""
        for directive in node.directives or ():
            when = {"skip": True, "include": False}.get(directive.name.value)
            if when is not None and any(self._given(one.value) is when for one in directive.arguments or ()):
                return True
        return False

    def _given(self, value: ValueNode) -> Any:
        return self._variables.get(value.name.value) if isinstance(value, VariableNode) else _plain(value)

    def _object(self, name: str) -> GraphQLObjectType | None:
        found = self._schema.get_type(name)
        return found if is_object_type(found) else None


@cache
def _pages(schema: GraphQLSchema) -> frozenset[Any]:
    """What fields with `first` give: objects that hold rows."""
    roots = (one for one in schema.type_map.values() if is_object_type(one))
    return frozenset(
        get_named_type(field.type) for one in roots for field in one.fields.values() if _PAGED in field.args
    )


def _plain(value: ValueNode) -> Any:
    match value:
        case IntValueNode() if len(value.value) < 10:  # noqa: PLR2004  (GraphQL's integers have at most ten digits)
            return int(value.value)
        case BooleanValueNode():
            return value.value
        case _:
            return None


def _is_number(given: Any) -> bool:
    return isinstance(given, int | float) and not isinstance(given, bool)
