"""How Sphinx builds the site: python -m sphinx -W -n docs build/site.

The pages stay Markdown that reads as well on the repository's own page. So what only the site needs is put in here,
while a page is read.
"""

import logging
import re
import sys
from pathlib import Path

from sphinx.application import Sphinx

ROOT = Path(__file__).parents[1]
REPOSITORY = "https://github.com/sqla-osiris/sqla_osiris"
sys.path.insert(0, str(ROOT))
logging.getLogger("alembic").setLevel(logging.WARNING)  # Sphinx prints what it is told of plugins

project = "sqla_osiris"
author = "the sqla_osiris authors"
html_title = "sqla_osiris"
html_theme = "furo"
html_theme_options = {
    "source_repository": REPOSITORY,
    "source_branch": "main",
    "source_directory": "docs/",
}
html_copy_source = False
extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["requirements.txt"]

myst_heading_anchors = 4
autodoc_default_options = {"members": True, "member-order": "bysource"}
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True

nitpick_ignore_regex = [
    # Other projects' names: their inventories are not downloaded, so that a build needs no network.
    (
        r"py:.*",
        r"(abc|asyncio|collections|datetime|decimal|os|pathlib|threading|typing|uuid|hypothesis|pymongo|sqlalchemy)\..*",
    ),
    (r"py:class", r"(AsyncSession|AsyncEngine|async_sessionmaker)"),
    # Of a signature, what is no public name: type variables, and the types of what is handed on.
    (r"py:(class|obj)", r"sqla_osiris\.[a-z_.]+\.\w+"),
]


def leave_the_site(text: str) -> str:
    """Have links to files that are no pages of the site lead to the repository."""
    return re.sub(r"\]\(\.\./([^)]+)\)", rf"]({REPOSITORY}/blob/main/\1)", text)


def navigation(index: str) -> str:
    """The index's tables as the site's navigation: one list of pages for each of its headings."""
    lists = []
    for section in index.split("\n## ")[1:]:
        caption = section.partition("\n")[0]
        pages = re.findall(
            r"\]\(([\w/]+)\.(?:md|rst)\)", "\n".join(re.findall(r"^\|.*$", section, re.MULTILINE))
        )
        if pages:
            lists.append("\n".join(["```{toctree}", ":hidden:", f":caption: {caption}", "", *pages, "```"]))
    return "\n\n".join(lists)


def prepare(app: Sphinx, page: str, source: list[str]) -> None:
    """What is done to a page before it is parsed."""
    text = leave_the_site(source[0])
    source[0] = f"{text}\n\n{navigation(text)}\n" if page == "index" else text


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("source-read", prepare)
