"""What is public: underscores and `__all__` say it, imports keep to it; docs/commands.md has commands."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
from typer.core import TyperGroup

from bot.cli import cli

ROOT = Path(__file__).parents[1]
HOUSES = ("bot", "recsys", "sandbox", "storage")
MODULES = sorted(path for house in HOUSES for path in (ROOT / house).rglob("*.py"))


def name_of(path: Path) -> str:
    """bot/cli/__init__.py → bot.cli"""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


PATHS = {name_of(path): path for path in MODULES}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in PATHS.items()}


def exported(tree: ast.Module) -> list[str] | None:
    """The names in `__all__`; None without one."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets
        ):
            return [str(name) for name in ast.literal_eval(node.value)]
    return None


def defined(body: list[ast.stmt]) -> Iterator[str]:
    """Names that a module has: made, assigned or imported at its top."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.Assign):
            yield from (
                each.id for target in node.targets for each in ast.walk(target) if isinstance(each, ast.Name)
            )
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id
        elif isinstance(node, ast.If | ast.Try):
            yield from defined(node.body)


def lazy(tree: ast.Module) -> bool:
    """Whether a module makes names when they are asked for."""
    return "__getattr__" in defined(tree.body)


@pytest.mark.parametrize("name", TREES)
def test_a_package_says_what_its_face_shows(name: str) -> None:
    """`__all__` stands in packages' faces alone: in a module an underscore says what is private."""
    names = exported(TREES[name])
    if not PATHS[name].name.startswith("__init__"):
        assert names is None
    elif names is None:
        assert not list(imports(TREES[name])), "imports, and no __all__"
    else:
        assert len(names) == len(set(names))
        assert lazy(TREES[name]) or set(names) <= set(defined(TREES[name].body))
        assert not [each for each in names if each.startswith("_")]


def imports(node: ast.AST) -> Iterator[tuple[str, str]]:
    """(module, name) of all that runs; what only a type checker reads is left out."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        if isinstance(child, ast.ImportFrom):
            yield from ((child.module or "", alias.name) for alias in child.names)
        yield from imports(child)


@pytest.mark.parametrize("name", TREES)
def test_a_module_uses_what_another_calls_public(name: str) -> None:
    private = [
        f"{module}.{imported}"
        for module, imported in imports(TREES[name])
        if module in TREES and imported.startswith("_")
    ]
    assert private == []


# Alembic calls what the versions of the schema define by its own names: upgrade, downgrade.
@pytest.mark.parametrize("name", [name for name in TREES if ".versions." not in name])
def test_everything_public_is_documented(name: str) -> None:
    tree = TREES[name]
    assert ast.get_docstring(tree) or PATHS[name].name == "__main__.py", "the module"
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name[0] != "_":
            assert ast.get_docstring(node), node.name


def commands(group: TyperGroup, words: str = "matinee") -> Iterator[str]:
    """Every command as it is typed."""
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from commands(command, f"{words} {name}")
        elif not command.hidden:
            yield f"{words} {name}"


def test_the_docs_have_a_chapter_for_every_command() -> None:
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    group = typer.main.get_command(cli)
    assert isinstance(group, TyperGroup)
    typed = list(commands(group))
    assert {"matinee prepare", "matinee run", "matinee demo"} <= set(typed)
    assert [command for command in typed if f"\n## {command}\n" not in page] == []
