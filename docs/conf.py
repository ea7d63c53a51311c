"""The site: `nox -s docs` builds it into build/site, and a warning is an error.

Law: the site loads nothing from another host, but for Pyodide on the page `playground` (`PYODIDE`, below). What it
shows of the package is read from the package.
"""

from __future__ import annotations

import os
import re
import sys
from importlib.metadata import version as version_of
from inspect import getdoc
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS))

from playground.build import add_playground  # noqa: E402 - found by the path above

if TYPE_CHECKING:
    from sphinx.application import Sphinx

# Where the playground loads Pyodide from; the tests serve it themselves. Its Python is one that anew is tested on.
PYODIDE = os.environ.get("ANEW_PYODIDE", "https://cdn.jsdelivr.net/pyodide/v0.29.4/full/")

project = "anew"
author = "The anew maintainers"
project_copyright = "The anew maintainers, MIT licence"
release = version = version_of("anew")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_static"]
nitpicky = True

# Headings have the anchors that GitHub gives them, so that one link serves both.
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]

# What stands in single backticks in a docstring is code.
default_role = "code"
autodoc_member_order = "bysource"
# The signatures are for six type checkers, and long; what a reader needs of them stands in the docstrings.
autodoc_typehints = "none"
autodoc_class_signature = "mixed"
napoleon_numpy_docstring = False
napoleon_use_rtype = False
# Of Python's own documents, whose index would have to be fetched.
nitpick_ignore_regex = [
    (r"py:(class|exc|obj)", r"(int|float|bool|str|object|BaseException|Exception|TypeError|ValueError|RuntimeError)"),
    (r"py:.*", r"(builtins|collections|datetime|logging|threading|typing)\..*"),
]

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_exclude = ".linenos, .gp, .go"

html_theme = "furo"
html_title = f"anew {release}"
html_static_path = ["_static"]
html_favicon = "_static/favicon.svg"
html_css_files = ["anew.css"]
html_copy_source = True
html_show_sphinx = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0b6bb8", "color-brand-content": "#0b6bb8"},
    "dark_css_variables": {"color-brand-primary": "#5bb0f0", "color-brand-content": "#5bb0f0"},
}


def inline_pictures(app: Sphinx, doctree: nodes.document) -> None:
    """Put our own pictures into the page itself, where they take the colours of its light or dark mode."""
    if app.builder.format != "html":
        return
    for image in list(doctree.findall(nodes.image)):
        file = DOCS / image["uri"]
        if file.parent == DOCS / "pictures":
            alt = nodes.unescape(image.get("alt", ""))
            svg = file.read_text().replace("<svg ", f'<svg aria-label="{alt}" ', 1)
            image.parent.replace(image, nodes.raw("", svg, format="html"))


def summary(doctree: nodes.document) -> tuple[str, str]:
    """Return the title of a page, and its first sentence."""
    title = next(iter(doctree.findall(nodes.title))).astext()
    first = next((paragraph.astext() for paragraph in doctree.findall(nodes.paragraph)), "")
    return title, re.split(r"(?<=[.:?]) ", " ".join(first.split()), maxsplit=1)[0].rstrip(":")


def write_llms(app: Sphinx, exception: Exception | None) -> None:
    """Write llms.txt: what is where, for machines that read, with links to the plain Markdown."""
    if exception or app.builder.name != "html":
        return
    env: Any = app.env
    lines = [f"# {project}", "", f"> {summary(env.get_doctree('index'))[1]}", ""]
    for toctree in env.get_doctree("index").findall(lambda node: node.tagname == "toctree"):
        lines += [f"## {toctree['caption']}", ""]
        for page in toctree["includefiles"]:
            title, first = summary(env.get_doctree(page))
            lines.append(f"- [{title}](_sources/{page}.md.txt): {first}")
        lines.append("")
    (Path(app.outdir) / "llms.txt").write_text("\n".join(lines))


def keep_properties(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Take back what napoleon has made of a property: to it, what stands before a colon is a type."""
    if what == "property":
        lines[:] = [*(getdoc(obj) or "").splitlines(), ""]


def name_types(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, signature: str | None, returns: str | None
) -> Any:
    """Show the default `Exception` as it is written."""
    return signature and signature.replace("<class 'Exception'>", "Exception"), returns


def setup(app: Sphinx) -> None:
    """Tell Sphinx of the above."""
    app.connect("autodoc-process-docstring", keep_properties, priority=600)
    app.connect("autodoc-process-signature", name_types)
    app.connect("doctree-read", inline_pictures)
    app.connect("build-finished", write_llms)
    add_playground(app, PYODIDE)
