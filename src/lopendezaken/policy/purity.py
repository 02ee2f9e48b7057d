"""Whether the source of a check is pure and short: decided from its text, before it is ever run."""

from __future__ import annotations

import ast
from collections.abc import Iterator

MAX_LINES = 40
MODULES = {"__future__", "collections.abc", "datetime", "lopendezaken.policy.api"}
_NAMES = {
    "breakpoint",
    "compile",
    "delattr",
    "dir",
    "eval",
    "exec",
    "getattr",
    "globals",
    "help",
    "input",
    "locals",
    "memoryview",
    "open",
    "print",
    "setattr",
    "type",
    "vars",
}
# A clock, or a way from the dossier to the disk.
_ATTRIBUTES = {
    "today",
    "now",
    "utcnow",
    "fromtimestamp",
    "utcfromtimestamp",
    "folder",
    "position",
    "resolve",
    "where",
    "plain",
}


def impurities(source: str) -> list[str]:
    """Tell what a check may not do, each with its line; an empty list means that it is fine."""
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        return [f"line {error.lineno}: {error.msg}"]
    found = [f"line {line}: {what}" for node in _nodes(tree) for line, what in _of_node(node)]
    found += [f"line {node.lineno}: only imports, constants and functions" for node in _statements(tree)]
    checks = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "check"]
    if not checks:
        found.append("line 1: no function check(case)")
    lines = sum(1 for line in source.splitlines() if line.strip() and not line.strip().startswith("#"))
    if lines > MAX_LINES:
        found.append(f"line {MAX_LINES}: {lines} lines of code, at most {MAX_LINES}")
    return found


def _nodes(tree: ast.Module) -> Iterator[ast.AST]:
    """Give every node, as :func:`ast.walk` does but in half the time: sixty checks are read at each start."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for value in vars(node).values():
            if isinstance(value, list):
                waiting += [each for each in value if isinstance(each, ast.AST)]
            elif isinstance(value, ast.AST):
                waiting.append(value)


def _of_node(node: ast.AST) -> Iterator[tuple[int, str]]:
    match node:
        case ast.Import():
            yield node.lineno, "write 'from … import …'"
        case ast.ImportFrom(module=module) if module not in MODULES or node.level:
            yield node.lineno, f"imports {module}, allowed are {', '.join(sorted(MODULES))}"
        case ast.Name(id=name) if name in _NAMES or name.startswith("__"):
            yield node.lineno, f"uses {name}"
        case ast.Attribute(attr=name) if name in _ATTRIBUTES or name.startswith("_"):
            yield node.lineno, f"uses .{name}"
        case ast.Global() | ast.Nonlocal() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.Await():
            yield node.lineno, f"{type(node).__name__} is more than a check needs"
        case _:
            pass


def _statements(tree: ast.Module) -> list[ast.stmt]:
    """Give what would run when the file is loaded."""
    allowed = (ast.ImportFrom, ast.Import, ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)
    constants = (ast.Assign, ast.AnnAssign)
    return [
        node
        for node in tree.body
        if not isinstance(node, allowed)
        and not (isinstance(node, constants) and node.value and _is_constant(node.value))
        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    ]


def _is_constant(value: ast.expr) -> bool:
    try:
        ast.literal_eval(value)
    except ValueError:
        # A call of constants: a set, or a number of days.
        return isinstance(value, ast.Call) and all(
            _is_constant(each) for each in (*value.args, *(keyword.value for keyword in value.keywords))
        )
    return True
