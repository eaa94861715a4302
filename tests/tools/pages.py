"""What a browser makes of a tool's page."""

from html.parser import HTMLParser
from typing import Any


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.rows: list[list[str]] = []
        self._select = self._cell = self._text = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        given = dict(attrs)
        if tag == "input" and given.get("type") not in {"submit", "checkbox"} and "name" in given:
            self.fields[given["name"]] = given.get("value") or ""
        elif tag == "textarea":
            self._text = given.get("name", "")
            self.fields[self._text] = ""
        elif tag == "select":
            self._select = given.get("name", "")
        elif tag == "option" and (self._select not in self.fields or "selected" in given):
            self.fields[self._select] = given.get("value") or ""
        elif tag == "tr":
            self.rows.append([])
        elif tag == "td" and self.rows:
            self.rows[-1].append("")
            self._cell = tag

    def handle_data(self, data: str) -> None:
        if self._text:
            self.fields[self._text] += data
        if self._cell and self.rows:
            self.rows[-1][-1] += data.strip()

    def handle_endtag(self, tag: str) -> None:
        if tag == "td":
            self._cell = ""
        elif tag == "textarea":
            self._text = ""


def fields_on(page: str) -> dict[str, str]:
    """Return what a browser sends back of a page's form that nobody changed."""
    parsed = _Page()
    parsed.feed(page)
    return parsed.fields


def rows_on(page: str) -> list[list[str]]:
    """Return the cells of a page's tables, row by row; no row of headings or buttons."""
    parsed = _Page()
    parsed.feed(page)
    return [row for row in parsed.rows if len(row) > 2 and row[2]]
