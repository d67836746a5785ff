"""Reads from the source which module of the product imports which, without running any of it."""

import ast
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
_SETUPTOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
PACKAGES = {name: (ROOT / path).parent for name, path in _SETUPTOOLS["package-dir"].items()}
"""The packages of the distribution, each with the folder that it is in."""

ImportGraph = Mapping[str, frozenset[str]]
"""Each module with what it imports: modules of ours where they are known, else dotted names."""


@dataclass(frozen=True)
class Rule:
    """What the modules of one package, or one module, may import.

    Attributes:
        importer: dotted name; the rule covers it and everything below.
        only: if given, the dotted names that may be imported, each with everything below.
        never: dotted names that may not be imported, each with everything below.
        except_for: modules below those that may be imported nevertheless.
        except_in: importers that the rule does not cover.
    """

    importer: str
    only: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    except_for: tuple[str, ...] = ()
    except_in: tuple[str, ...] = ()

    def violations(self, graph: ImportGraph) -> list[str]:
        """Return each import that breaks the rule, as ``importer imports imported``."""
        return [
            f"{module} imports {imported}"
            for module, imports in sorted(graph.items())
            if is_below(module, self.importer) and not is_below(module, *self.except_in)
            for imported in sorted(imports)
            if not self.allows(imported)
        ]

    def allows(self, imported: str) -> bool:
        """Return whether the rule allows the import of *imported*."""
        if self.only and not is_below(imported, *self.only):
            return False
        return imported in self.except_for or not is_below(imported, *self.never)


def is_below(module: str, *packages: str) -> bool:
    """Return whether *module* is one of *packages* or lies in one of them."""
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def read_imports(packages: Mapping[str, Path], *, when_loaded: bool = False) -> ImportGraph:
    """Return the imports of all modules of *packages*, given with the folder that each is in.

    Args:
        when_loaded: only those that run when the module is loaded, which are neither inside a
            function nor for type checkers alone.
    """
    modules = dict(_iter_modules(packages))
    return {
        module: frozenset(
            _resolve(name, modules)
            for node in _iter_nodes(ast.parse(path.read_text()), when_loaded)
            for name in _imported_names(node, module, is_package=path.name == "__init__.py")
        )
        for module, path in modules.items()
    }


def package_graph(graph: ImportGraph) -> ImportGraph:
    """Return which packages right below the roots import each other; other modules stay alone."""
    packages = {module.rpartition(".")[0] for module in graph}
    found: dict[str, set[str]] = {}
    for module, imports in graph.items():
        package = _package(module, packages)
        found.setdefault(package, set()).update(
            _package(each, packages) for each in imports & graph.keys()
        )
    return {package: frozenset(imported - {package}) for package, imported in found.items()}


def _package(module: str, packages: set[str]) -> str:
    package = ".".join(module.split(".")[:2])
    return package if package in packages else module


def find_cycle(graph: ImportGraph) -> list[str]:
    """Return modules of which each imports the next, and the last one the first; none if none."""
    finished: set[str] = set()
    for module in sorted(graph):
        cycle = _find_cycle_from(module, graph, [], finished)
        if cycle:
            return cycle
    return []


def _find_cycle_from(
    module: str, graph: ImportGraph, path: list[str], finished: set[str]
) -> list[str]:
    if module in path:
        return path[path.index(module) :]
    if module in finished:
        return []
    for imported in sorted(graph[module] & graph.keys()):
        cycle = _find_cycle_from(imported, graph, [*path, module], finished)
        if cycle:
            return cycle
    finished.add(module)
    return []


def _iter_modules(packages: Mapping[str, Path]) -> Iterator[tuple[str, Path]]:
    for package, folder in packages.items():
        for path in (folder / package).rglob("*.py"):
            *names, last = path.relative_to(folder).with_suffix("").parts
            yield ".".join(names if last == "__init__" else (*names, last)), path


def _iter_nodes(node: ast.AST, when_loaded: bool) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        is_later = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
        is_for_types = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test)
        if not (when_loaded and (is_later or is_for_types)):
            yield child
            yield from _iter_nodes(child, when_loaded)


def _imported_names(node: ast.AST, module: str, *, is_package: bool) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        source = node.module or ""
        if node.level:
            names = module.split(".")
            above = names[: len(names) - node.level + is_package]
            source = ".".join([*above, *filter(None, [node.module])])
        yield from (f"{source}.{alias.name}" for alias in node.names)


def _resolve(name: str, modules: Mapping[str, Path]) -> str:
    """Return the module of ours that *name* is in, or *name* itself."""
    source = name.rpartition(".")[0]
    return source if name not in modules and source in modules else name
