"""Texts from templates: each document has its template (Jinja2, Dutch) beside its module."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

MONTHS = [
    "januari",
    "februari",
    "maart",
    "april",
    "mei",
    "juni",
    "juli",
    "augustus",
    "september",
    "oktober",
    "november",
    "december",
]


def fill(name: str, **values: Any) -> str:
    """Fill the template ``name`` (like ``helpdesk.md.j2``); a value that is not given is an error."""
    return _environment().get_template(name).render(**values)


def day_in_dutch(day: date) -> str:
    """Give ``24 november 2026``."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def short_day(day: date) -> str:
    """Give ``24-11-2026``, for where there is little room."""
    return f"{day:%d-%m-%Y}"


def cell(text: object) -> str:
    """Give text that a cell of a Markdown table can hold: one line, no bar, no markup of its own."""
    plain = " ".join(str(text).split())
    return "".join(f"\\{each}" if each in "\\|*_`<>[]#" else each for each in plain)


def line(text: object) -> str:
    """Give text as one line of a plain text: nothing in it can start a line of its own."""
    return " ".join("".join(each if each.isprintable() else " " for each in str(text)).split())


def subject(name: str) -> str:
    """Give a name in a certificate (RFC 4514) with words for what stands in it as a number."""
    return name.replace("2.5.4.5=", "serialNumber=").replace("2.5.4.97=", "organizationIdentifier=")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 (Markdown and plain text; what makes a page escapes by itself)
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "dutch": day_in_dutch,
        "short": short_day,
        "cell": cell,
        "line": line,
        "subject": subject,
    }
    return environment
