"""The architecture of the package, read from its imports: its wings, and the way of a run through them.

``docs/architecture.md`` has it as text and as a picture. A test compares the page with the code, and checks
that imports run down the list of wings.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import re
from collections.abc import Mapping
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
ROOT = "gmbench"
WINGS = (
    "gmbench.cli",
    "gmbench",
    "gmbench.speed",
    "gmbench.reports",
    "gmbench.studies",
    "gmbench.runs",
    "gmbench.runs.scores",
    "gmbench.runs.storage",
    "gmbench.benchmarks",
    "gmbench.agents",
    "gmbench.envs",
    "gmbench.envs.sprites",
    "gmbench.envs.core",
    "gmbench.checks",
    "gmbench.errors",
)
"""The wings from top to bottom: a module imports only from its own wing and from the wings below it."""
WAY_OF_A_RUN = (
    "gmbench.cli.main",
    "gmbench.cli.run",
    "gmbench",
    "gmbench.runs.run",
    "gmbench.runs.algorithms",
    "gmbench.runs.group",
    "gmbench.benchmarks.training_levels",
    "gmbench.benchmarks.packs",
    "gmbench.runs.execution",
    "gmbench.runs.memory_planning",
    "gmbench.runs.training",
    "gmbench.agents.ppo.learner",
    "gmbench.envs.core.environment",
    "gmbench.runs.storage.training_checkpoints",
    "gmbench.runs.evaluation",
    "gmbench.benchmarks.goal_inference",
    "gmbench.runs.storage.shards",
    "gmbench.runs.scores.run",
    "gmbench.benchmarks.scoring",
    "gmbench.runs.storage.results",
    "gmbench.reports.drawing",
)
"""The modules that ``gmbench run`` goes through, in this order."""


@dataclasses.dataclass(frozen=True)
class Module:
    """A module of the package.

    Attributes:
        name: its dotted name.
        summary: the first sentence of its docstring.
        imports: dotted names of the modules of the package that it imports, also within functions and for
            type checkers.
    """

    name: str
    summary: str
    imports: frozenset[str]

    @property
    def wing(self) -> str:
        """The wing that the module belongs to."""
        if self.name == "gmbench.__main__":
            return "gmbench.cli"
        fitting = (wing for wing in WINGS if self.name == wing or self.name.startswith(f"{wing}."))
        return max(fitting, key=len)


@functools.cache
def read_modules() -> Mapping[str, Module]:
    """Reads all modules of the package from their source, without importing them."""
    paths = {_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}
    return {name: _read(name, path, paths) for name, path in paths.items()}


def upward_imports(modules: Mapping[str, Module]) -> list[tuple[str, str]]:
    """The imports (module, imported module) that run up the list of wings."""
    return [
        (module.name, other)
        for module in modules.values()
        for other in sorted(module.imports)
        if WINGS.index(modules[other].wing) < WINGS.index(module.wing)
    ]


def find_circle(modules: Mapping[str, Module]) -> list[str]:
    """The modules of an import circle, or an empty list if there is none."""
    done: set[str] = set()

    def visit(name: str, path: list[str]) -> list[str]:
        if name in path:
            return path[path.index(name) :]
        if name in done:
            return []
        for other in sorted(modules[name].imports):
            if circle := visit(other, [*path, name]):
                return circle
        done.add(name)
        return []

    for name in modules:
        if circle := visit(name, []):
            return circle
    return []


def _name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _read(name: str, path: Path, paths: Mapping[str, Path]) -> Module:
    tree = ast.parse(path.read_text())
    imports: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imports |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            # The version is a constant that every module may read.
            names = [alias.name for alias in node.names if alias.name != "__version__"]
            submodules = {f"{node.module}.{each}" for each in names}
            imports |= {each if each in paths else node.module for each in submodules}
    docstring = " ".join((ast.get_docstring(tree) or "").partition("\n\n")[0].split())
    summary = re.split(r"(?<=\.)\s", docstring)[0]
    return Module(name, summary, frozenset(imports & set(paths)) - {name})


# The page.


def wings_section(modules: Mapping[str, Module]) -> str:
    """The table of the wings, in Markdown."""
    rows = ["| wing | what it is | modules | imports from |", "| --- | --- | --- | --- |"]
    for wing in WINGS:
        own = [module for module in modules.values() if module.wing == wing]
        used = {modules[other].wing for module in own for other in module.imports} - {wing}
        below = ", ".join(f"`{path_of(other)}`" for other in WINGS if other in used)
        rows.append(f"| `{path_of(wing)}` | {modules[wing].summary} | {len(own)} | {below or '-'} |")
    return "\n".join(rows)


def run_section(modules: Mapping[str, Module]) -> str:
    """The way of a run, as a numbered list in Markdown."""
    return "\n".join(
        f"{number}. `{path_of(name)}`: {modules[name].summary}"
        for number, name in enumerate(WAY_OF_A_RUN, start=1)
    )


def path_of(name: str) -> str:
    """The path of a module or wing within the package, such as ``runs/run``."""
    return "__init__" if name == ROOT else name.removeprefix(f"{ROOT}.").replace(".", "/")


def fill_page(page: str, sections: Mapping[str, str]) -> str:
    """Replaces the generated sections of a page, which stand between two comments.

    Raises:
        ValueError: the page has no such section.
    """
    for name, content in sections.items():
        begin = f"<!-- {name}: written by `python -m gmbench.cli.architecture` -->"
        end = f"<!-- end of {name} -->"
        before, found, rest = page.partition(begin)
        _, closed, after = rest.partition(end)
        if not (found and closed):
            raise ValueError(f"the page has no section between {begin} and {end}")
        page = f"{before}{begin}\n{content}\n{end}{after}"
    return page
