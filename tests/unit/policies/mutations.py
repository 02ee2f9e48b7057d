"""Breaks each fact that a control reads, one at a time, and sees whether the control turns red.

The case is handed to the check behind a :class:`Watch` that notes every fact that is read. Then the check
runs again for each fact, with that fact altered. A fact is

- *caught* when some alteration of it turns the control red (a verdict, or a check that cannot be carried out),
- *told* when the control stays green but its finding says another thing: the fact is only for people,
- *missed* when nothing shows. That is a hole in the control or in its examples.

Run it for all controls: ``python -m tests.unit.policies.mutations``.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import Enum
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from types import FunctionType
from typing import Any, get_args, get_type_hints, is_typeddict

from pydantic import BaseModel

from lopendezaken.evidence import kinds
from lopendezaken.policy.api import Case, Finding
from lopendezaken.policy.control import Control
from lopendezaken.policy.outcomes import Outcome
from lopendezaken.policy.run import _findings
from tests.unit.policies.example import Example, read

_RAW_WORDS: dict[str, list[str]] = {}
for _kind in vars(kinds).values():
    for _name, _type in get_type_hints(_kind).items() if is_typeddict(_kind) else ():
        _RAW_WORDS.setdefault(_name, []).extend(each for each in get_args(_type) if isinstance(each, str))

Leaf = str | int | float | bool | bytes | date | timedelta | Enum | IPv4Address | IPv6Address | None
# What the question is, not a fact; and places, which only say where something stands.
QUESTION = {"case.environment", "case.at"}
FINDERS = {"met", "not_met", "unknown", "not_applicable"}
LONG = timedelta(days=4000)


@dataclass
class Log:
    """The facts that were read, with their values; and the one that is altered, if any."""

    read: dict[str, list[Any]] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    altered: tuple[str, Any] | None = None

    def see(self, path: str, value: Any, others: list[Any]) -> Any:
        """Note a fact with what it could be instead, and give its value: altered if it is the one."""
        if self.altered is None:
            self.read.setdefault(path, [each for each in others if each != value])
            self.values[path] = value
        elif self.altered[0] == path:
            return self.altered[1]
        return value

    def alike(self, path: str) -> list[Any]:
        """Give the values of other facts of the same name: two that must differ may be the same."""
        own, name = self.values[path], re.split(r"[.\[]", path)[-1]
        found = [
            value
            for other, value in self.values.items()
            if re.split(r"[.\[]", other)[-1] == name and isinstance(value, str) and isinstance(own, str)
        ]
        return [each for each in dict.fromkeys(found) if each != own][:20]

    def given(self, path: str, value: Any, others: list[Any]) -> Any:
        """As :meth:`see`; what is no leaf comes behind a watch of its own."""
        value = self.see(path, value, others)
        return value if isinstance(value, Leaf) or callable(value) else Watch(value, path, self)


class Watch:
    """Stands for a part of the case and notes what is read of it."""

    def __init__(self, target: Any, path: str, log: Log) -> None:
        self.__dict__.update(_target=target, _path=path, _log=log)

    def __getattr__(self, name: str) -> Any:
        path, log = f"{self._path}.{name}", self._log
        value = getattr(self._target, name)
        if isinstance(self._target, Mapping) and name in {"get", "items", "values", "keys"}:
            return getattr(self, f"_{name}")
        if callable(value) and not isinstance(value, Leaf):
            return value if path in QUESTION else self._method(path, value)
        return log.given(path, value, [] if path in QUESTION else _others(value, self._target, name))

    def _method(self, path: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            given, named = tuple(bare(each) for each in given), {k: bare(v) for k, v in named.items()}
            told = ", ".join([*map(str, given), *(f"{k}={v}" for k, v in named.items())])
            value = method(*given, **named)
            return self._log.given(f"{path}({told})", value, _others(value) or _without(value))

        return call

    def __getitem__(self, key: Any) -> Any:
        value = self._target[key]
        return self._log.given(f"{self._path}[{key}]", value, _others(value, self._target, str(key)))

    def _get(self, key: Any, default: Any = None) -> Any:
        return self[key] if key in self._target else default

    def _items(self) -> list[tuple[Any, Any]]:
        return [(key, self[key]) for key in self._whole()]

    def _values(self) -> list[Any]:
        return [self[key] for key in self._whole()]

    def _keys(self) -> list[Any]:
        return list(self._whole())

    def _whole(self) -> Any:
        """The container itself; that something is in it is a fact too."""
        return self._log.see(f"{self._path} has", self._target, _shorter(self._target))

    def __iter__(self) -> Iterator[Any]:
        whole = self._whole()
        if isinstance(whole, Mapping | set | frozenset):
            yield from whole
        else:
            for index, value in enumerate(whole):
                yield self._log.given(f"{self._path}[{index}]", value, _others(value))

    def __len__(self) -> int:
        return len(self._whole())

    def __bool__(self) -> bool:
        return bool(self._whole()) if hasattr(self._target, "__len__") else True

    def __contains__(self, item: object) -> bool:
        return bare(item) in self._whole()

    def __eq__(self, other: object) -> bool:
        return bool((self._whole() if hasattr(self._target, "__len__") else self._target) == bare(other))

    def __hash__(self) -> int:
        return hash(self._target)

    def __str__(self) -> str:
        return str(self._target)


def bare(value: Any) -> Any:
    """Give what stands behind a watch, also inside lists."""
    if isinstance(value, Watch):
        return value._whole() if hasattr(value._target, "__len__") else value._target
    if isinstance(value, list | tuple | set):
        return type(value)(bare(each) for each in value)
    return value


def _without(value: Any) -> list[Any]:
    """What a method could give instead: nothing."""
    return [] if value is None or hasattr(value, "__len__") else [None]


def _shorter(value: Any) -> list[Any]:
    """Without anything, without each of its items, and with one more where that is a text."""
    if isinstance(value, Mapping):
        texts = all(isinstance(each, str) for each in value.values())
        more = [{**value, "other": "other"}] if texts else []
        return [{}, *({k: v for k, v in value.items() if k != key} for key in value), *more]
    if isinstance(value, list | tuple):
        texts = all(isinstance(each, str) for each in value)
        more = [type(value)([*value, "other"])] if texts else []
        return [type(value)(), *(value[:i] + value[i + 1 :] for i in range(len(value))), *more]
    if isinstance(value, set | frozenset):
        return [type(value)(), *(value - {each} for each in value), value | {"other"}]
    return []


def _others(value: Any, owner: Any = None, name: str = "") -> list[Any]:
    """Give what a fact could be instead; nothing for what is absent."""
    return _of_type(value, owner, name) + (
        [None] if value is not None and _may_be_absent(owner, name) else []
    )


def _of_type(value: Any, owner: Any, name: str) -> list[Any]:  # noqa: PLR0911
    match value:
        case None:
            return []
        case bool():
            return [not value]
        case int() | float():
            return [0, value + 1, value - 1, value * 1000]
        case datetime() | date():
            return [value - LONG, value + LONG, value - timedelta(1), value + timedelta(1)]
        case bytes():
            return [b"other"]
        case IPv4Address() | IPv6Address():
            return [IPv4Address("203.0.113.254")]
        case str():
            return [*_words(owner, name), *_texts(value)]
        case _:
            return []


def _texts(value: str) -> list[str]:
    found = re.fullmatch(r"(\d{4})(-\d\d-\d\d.*)", value)
    if found:
        year = int(found[1])
        return [f"{year - 11}{found[2]}", f"{year + 11}{found[2]}"]
    if value.startswith("https://"):
        return ["https://other.example/ebms", "https://other.org/ebms"]
    return [f"{value}-other", "other", "", "9" * len(value)]


def _hint(owner: Any, name: str) -> Any:
    if isinstance(owner, BaseModel) and name in type(owner).model_fields:
        return get_type_hints(type(owner), include_extras=False).get(name)
    return None


def _words(owner: Any, name: str) -> list[str]:
    """The words that the schema of the dossier or of raw facts allows here."""
    found = re.findall(r"Literal\[([^\]]*)\]", str(_hint(owner, name)))
    raw = _RAW_WORDS.get(name, []) if isinstance(owner, Mapping) else []
    return [*raw, *(word.strip(" '") for part in found for word in part.split(","))]


def _may_be_absent(owner: Any, name: str) -> bool:
    return type(None) in get_args(_hint(owner, name))


def watched(control: Control, example: Example, log: Log) -> Control:
    """Give the control with a check that sees the case, and what the interface makes of it, through watches."""
    check = control.check
    assert isinstance(check, FunctionType)
    names = dict(check.__globals__)
    for name, value in names.items():
        if isinstance(value, FunctionType) and value.__globals__ is not check.__globals__:
            names[name] = _interface(name, value, log)
        elif isinstance(value, FunctionType):
            names[name] = FunctionType(value.__code__, names, name, value.__defaults__, value.__closure__)
            names[name].__kwdefaults__ = value.__kwdefaults__
    run = names[check.__name__]
    return replace(control, check=lambda case: run(Watch(case, "case", log)))


def _interface(name: str, function: Callable[..., Any], log: Log) -> Callable[..., Any]:
    def call(*given: Any, **named: Any) -> Any:
        given, named = tuple(bare(each) for each in given), {key: bare(each) for key, each in named.items()}
        value = function(*given, **named)
        if name in FINDERS:
            return value
        path = f"{name}#{log.calls[name]}"
        log.calls[name] += 1
        return log.given(path, value, _others(value) + _more(value))

    return call


def _more(value: Any) -> list[Any]:
    """A list of complaints that is empty could hold one."""
    if isinstance(value, tuple) and value and all(isinstance(each, list) for each in value):
        return [
            tuple([*each, "other"] if i == j else each for j, each in enumerate(value))
            for i in range(len(value))
        ]
    return [[*value, "other"]] if isinstance(value, list) and not value else []


Shown = tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]


def shown(findings: tuple[Finding, ...]) -> Shown:
    """What people see of findings."""
    return tuple((each.outcome.value, each.code, tuple(sorted(each.values.items()))) for each in findings)


@dataclass
class Fate:
    """What became of the facts of one control."""

    caught: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)
    missed: set[str] = field(default_factory=set)
    runs: int = 0

    def settle(self) -> Fate:
        """A fact that was caught once is caught; list each fact once."""
        self.failed -= self.caught
        self.told -= self.caught | self.failed
        self.missed -= self.caught | self.failed | self.told
        return self


def general(path: str) -> str:
    """Name a fact whatever its place in a list, or the partner it is about."""
    return re.sub(r"\[\d+\]", "[*]", re.sub(r"\b(compliance|mijnoverheid)\b", "PARTNER", path))


def fate(control: Control, paths: list[Path]) -> Fate:
    """Break every fact that a control reads in its examples that pass."""
    found = Fate()
    for path in paths:
        example = read(path)
        here = (example.dossier, example.evidence, example.day, example.environment, example.network)
        case = Case(*here, control.data, example.integrity)
        log = Log()
        before = _findings(watched(control, example, log), case)
        assert all(each.outcome.passes for each in before), (path, shown(before))
        for fact, others in log.read.items():
            name = general(fact)
            for other in [*others, *log.alike(fact)]:
                if name in found.caught:
                    break
                found.runs += 1
                altered = Log(altered=(fact, other))
                _judge(found, name, before, _findings(watched(control, example, altered), case))
        for evidence in {each.path: each for finding in before for each in finding.evidence}.values():
            old = replace(evidence, collected=evidence.collected - LONG, expires=evidence.expires - LONG)
            items = [old if each.path == evidence.path else each for each in example.evidence.items]
            found.runs += 1
            aged = replace(case, evidence=type(example.evidence)(items))
            _judge(found, f"age of {evidence.kind}", before, _findings(control, aged))
    return found.settle()


def _judge(found: Fate, name: str, before: tuple[Finding, ...], after: tuple[Finding, ...]) -> None:
    outcomes = {each.outcome for each in after}
    if Outcome.ERROR in outcomes:
        found.failed.add(name)
    elif not all(outcome.passes for outcome in outcomes):
        found.caught.add(name)
    elif shown(before) != shown(after):
        found.told.add(name)
    else:
        found.missed.add(name)


def main() -> None:
    """Print what became of the facts of every control, or of those named."""
    from tests.unit.policies.test_controls import CONTROLS, EXAMPLES, control_of

    total = Fate()
    missed = 0
    for control in CONTROLS.values():
        if len(sys.argv) > 1 and control.id not in sys.argv[1:]:
            continue
        passing = [each for each in EXAMPLES if control_of(each) is control and each.name.startswith("pass-")]
        each = fate(control, passing)
        total.runs += each.runs
        counts = [len(part) for part in (each.caught, each.failed, each.told, each.missed)]
        total.caught |= {f"{control.id} {name}" for name in each.caught}
        total.failed |= {f"{control.id} {name}" for name in each.failed}
        total.told |= {f"{control.id} {name}" for name in each.told}
        missed += counts[3]
        print(control.id, "caught {}, failed {}, told {}, missed {}".format(*counts))
        for name in sorted(each.missed):
            print(f"    missed: {name}")
    print(
        f"{total.runs} mutants; facts caught {len(total.caught)}, failed {len(total.failed)}, "
        f"told {len(total.told)}, missed {missed}"
    )


if __name__ == "__main__":
    main()
