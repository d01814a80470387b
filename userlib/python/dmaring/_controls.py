# SPDX-License-Identifier: LGPL-2.1-or-later
"""What can be set at a card."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from numbers import Real
from typing import Iterable, Iterator, Mapping, Optional, Protocol, Union

Value = Union[int, bool, str]


class ControlType(enum.IntEnum):
    """What the value of a control is."""

    INTEGER = 1
    BOOLEAN = 2
    MENU = 3
    BUTTON = 4
    STRING = 5


class ControlFlag(enum.IntFlag):
    """What is special about a control."""

    READ_ONLY = 1
    VOLATILE = 2
    WHEN_STOPPED = 4


@dataclass(frozen=True)
class Control:
    """A control of the card.

    An INTEGER is minimum and some times step, at most maximum, in units of unit ("":
    none).  items are the names of a MENU's, by their number; a number without a name is
    no item.  Of a STRING, minimum and maximum are bytes of its text.
    """

    index: int
    name: str
    type: ControlType
    flags: ControlFlag
    unit: str
    minimum: int
    maximum: int
    step: int
    default: Value
    items: Mapping[int, str]


class _Source(Protocol):
    """What is needed of a stream."""

    def _info(self) -> dict[str, int]: ...

    def _control(self, index: int, item: int) -> dict[str, int]: ...

    def _get_controls(self, values: list[tuple[int, int, str]]) -> list[tuple[int, str]]: ...

    def _set_controls(self, values: list[tuple[int, int, str]]) -> int: ...


def _read_control(stream: _Source, index: int) -> Control:
    numbers = stream._control(index, 0)
    kind = ControlType(numbers["type"])
    items: dict[int, str] = {}
    for item in range(numbers["items"]):
        text = str(stream._control(index, item)["text"])
        if text:
            items[item] = text
    default: Value = numbers["default"]
    if kind == ControlType.STRING:
        default = str(numbers["text"])
    elif kind == ControlType.MENU:
        default = items.get(numbers["default"], "")
    elif kind == ControlType.BOOLEAN:
        default = bool(default)
    return Control(index=index, name=str(numbers["name"]), type=kind,
                   flags=ControlFlag(numbers["flags"]), unit=str(numbers["unit"]),
                   minimum=numbers["minimum"], maximum=numbers["maximum"],
                   step=numbers["step"], default=default, items=items)


class Controls(Mapping[str, Value]):
    """The controls of a card, by name: read one with [], set one with [] = or several
    with update().

    A value is an int, a bool, or a str for a text and for the item of a menu.  A button
    has no value: see push().  There is no such control: KeyError.
    """

    # A command takes no more at a time.
    _MOST = 64

    def __init__(self, stream: _Source, known: Optional[dict[str, Control]] = None) -> None:
        """known: those of the stream, empty until somebody asks for them."""
        self._stream = stream
        self._known: dict[str, Control] = {} if known is None else known

    @property
    def infos(self) -> Mapping[str, Control]:
        """All controls, buttons included, by name: their types, units and ranges."""
        if not self._known:
            count = self._stream._info()["controls"]
            controls = [_read_control(self._stream, index) for index in range(count)]
            self._known.update({control.name: control for control in controls})
        return self._known

    def _readable(self) -> list[Control]:
        return [control for control in self.infos.values()
                if control.type != ControlType.BUTTON]

    def __iter__(self) -> Iterator[str]:
        return iter([control.name for control in self._readable()])

    def __len__(self) -> int:
        return len(self._readable())

    def __contains__(self, name: object) -> bool:
        return any(control.name == name for control in self._readable())

    def __getitem__(self, name: str) -> Value:
        control = self.infos[name]
        if control.type == ControlType.BUTTON:
            raise KeyError(f"{name} is a button: it has no value")
        return self._read([control])[name]

    def read(self, names: Optional[Iterable[str]] = None) -> dict[str, Value]:
        """Return the values of these controls, or of all, read together."""
        wanted = (self._readable() if names is None
                  else [self.infos[name] for name in names])
        values: dict[str, Value] = {}
        for at in range(0, len(wanted), self._MOST):
            values.update(self._read(wanted[at:at + self._MOST]))
        return values

    def _read(self, controls: list[Control]) -> dict[str, Value]:
        got = self._stream._get_controls([(control.index, 0, "") for control in controls])
        return {control.name: _from_raw(control, value, text)
                for control, (value, text) in zip(controls, got)}

    def __setitem__(self, name: str, value: Value) -> None:
        self.update({name: value})

    def update(self, values: Optional[Mapping[str, Value]] = None, **more: Value) -> int:
        """Set several controls, or none of them; at most 64 at a time.

        Return the number that Frame.control_seq has, or a greater one, in frames that are
        complete from now on.  Error with errno ERANGE for a value that is not in its
        range; NotPermitted for a control or a Stream to read only; Busy for one that
        cannot be set now.  Then nothing has changed.
        """
        wanted = {**(values or {}), **more}
        return self._stream._set_controls(
            [_to_raw(self.infos[name], value) for name, value in wanted.items()])

    def push(self, name: str) -> int:
        """Push a button: the card does something.  Return what update() returns."""
        return self._stream._set_controls([(self.infos[name].index, 0, "")])


def _from_raw(control: Control, value: int, text: str) -> Value:
    if control.type == ControlType.STRING:
        return text
    if control.type == ControlType.MENU:
        return control.items.get(value, str(value))
    return bool(value) if control.type == ControlType.BOOLEAN else value


def _to_raw(control: Control, value: Value) -> tuple[int, int, str]:
    if control.type == ControlType.STRING:
        if not isinstance(value, str):
            raise TypeError(f"{control.name} is a text, not {value!r}")
        return control.index, 0, value
    if isinstance(value, str):
        for number, text in control.items.items():
            if text == value:
                return control.index, number, ""
        raise ValueError(f"{control.name} has no item {value!r}; "
                         f"it has {', '.join(control.items.values()) or 'none'}")
    number = int(value)
    if isinstance(value, Real) and number != value:
        raise ValueError(f"{control.name} is a whole number, not {value!r}")
    return control.index, number, ""
