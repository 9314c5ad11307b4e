"""Files of at most 250 lines, functions of at most 25: when it does not fit, a concept is missing."""

import ast
from collections.abc import Iterator

from tests.architecture.house import PACKAGES, ROOT

FILE, FUNCTION = 250, 25


def too_long(source: str, name: str) -> Iterator[str]:
    """Tell what is too long. A function counts from `def` to its end, without its docstring: explaining costs nothing."""
    lines = len(source.splitlines())
    if lines > FILE:
        yield f"{name}: {lines} lines"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            size = _lines(node) - (_lines(node.body[0]) if ast.get_docstring(node) else 0)
            if size > FUNCTION:
                yield f"{name}:{node.lineno}: {node.name} has {size} lines"


def _lines(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_files_and_functions_fit() -> None:
    modules = [path for package in (*PACKAGES, "tests") for path in (ROOT / package).rglob("*.py")]
    assert not [fault for path in modules for fault in too_long(path.read_text(), str(path.relative_to(ROOT)))]


def test_a_file_of_251_lines_is_too_long() -> None:
    assert not list(too_long("x = 1\n" * 250, "long.py"))
    assert list(too_long("x = 1\n" * 251, "long.py")) == ["long.py: 251 lines"]


def test_a_function_of_26_lines_is_too_long_wherever_it_stands() -> None:
    def inside_a_class(body: int) -> str:
        return 'class C:\n    async def f(self):\n        """What."""\n' + "        x = 1\n" * body

    assert not list(too_long(inside_a_class(24), "c.py"))
    assert list(too_long(inside_a_class(25), "c.py")) == ["c.py:2: f has 26 lines"]
