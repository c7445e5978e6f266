"""The keys as the user has them: the table of actions, with what a file of the user's says otherwise."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast, get_args

from textual.keys import KEY_ALIASES, KEY_NAME_REPLACEMENTS, Keys, format_key, key_to_character
from textual.message_pump import MessagePump

from diffurec.errors import UserError
from diffurec_tui.keys import ACTIONS, GROUPS, TAKEN, TOGETHER, Action, Scope, available

FILE = "keys.toml"

_DRAWN = {
    "left": "←", "right": "→", "up": "↑", "down": "↓", "escape": "esc", "enter": "enter", "backspace": "bksp",
    "pageup": "pgup", "pagedown": "pgdn", "delete": "del",
}  # fmt: skip
_NAMED = {key.value for key in Keys if not key.value.startswith("<")} | {*KEY_NAME_REPLACEMENTS.values()}
_ALIASES = {alias: key for key, aliases in KEY_ALIASES.items() for alias in aliases}


class Keymap:
    """The table of actions with some keys changed; footer, help and palette show it, Textual binds it."""

    def __init__(self, own: Mapping[str, str] | None = None) -> None:
        """Change keys.

        Args:
            own: keys of some actions by binding id; `read_keymap` checks them.
        """
        self.own = dict(own or {})
        changed = {one.binding: self._changed(one) for one in ACTIONS}
        self._by_binding = {name: self._in_footer(one, changed) for name, one in changed.items()}
        self.actions: tuple[Action, ...] = tuple(self._by_binding[one.binding] for one in ACTIONS)

    def _changed(self, action: Action) -> Action:
        keys = self.own.get(action.binding)
        return action if keys is None else replace(action, keys=keys, shown=drawn(keys), footer_keys="")

    def _in_footer(self, action: Action, changed: Mapping[str, Action]) -> Action:
        """With the keys of all that share its place in the footer, where one of them is changed."""
        together = TOGETHER.get(action.binding, ())
        if self.own.keys().isdisjoint(together):
            return action
        keys = [drawn(changed[one].keys.split(",")[0]) for one in together]
        return replace(action, footer_keys=("" if all(len(key) == 1 for key in keys) else " ").join(keys))

    def available(self, scope: Scope) -> Iterator[Action]:
        """What one can do on a screen."""
        return available(scope, self.actions)

    def action(self, binding: str) -> Action:
        """An action by its binding id."""
        return self._by_binding[binding]

    def key(self, binding: str) -> str:
        """The first key of an action, as a person reads it: for a sentence that names a key."""
        return drawn(self.action(binding).keys.split(",")[0])


DEFAULT = Keymap()


def keymap_of(shown: MessagePump) -> Keymap:
    """The keys that hold in the app of a screen or widget."""
    keymap = getattr(cast("object", shown.app), "keymap", None)
    return keymap if isinstance(keymap, Keymap) else DEFAULT


def drawn(keys: str) -> str:
    """Textual's names of keys as a person reads them: → l."""
    return " ".join(_drawn(key) for key in keys.split(","))


def _drawn(key: str) -> str:
    *modifiers, base = key.split("+")
    return "+".join((*modifiers, _DRAWN.get(base) or format_key(base)))


# A file of the user's.


def default_path() -> Path:
    """Where a user's own keys are looked for."""
    from platformdirs import user_config_path

    return user_config_path("diffurec") / FILE


def read_keymap(path: Path | None = None) -> Keymap:
    """The keys that a file has; those of the user's own file, if there is one, where no path is given."""
    if path is None:
        path = default_path()
        if not path.is_file():
            return DEFAULT
    import tomllib

    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UserError(f"{path}: {reason}") from None
    own = dict(_entry(path, name, value) for name, value in _flat(table))
    keymap = Keymap({name: keys for name, keys in own.items() if keys != DEFAULT.action(name).keys})
    _check(path, own, keymap)
    return keymap


def _flat(table: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Entries by full name: `"walk.fork" = "F"`, `walk.fork = "F"` and a table [walk] say the same."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(cast("dict[str, Any]", value), f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _entry(path: Path, name: str, value: Any) -> tuple[str, str]:
    """One entry, in Textual's own names of keys."""
    said = f'{path}: "{name}" = {json.dumps(value, ensure_ascii=False, default=str)}'
    if name not in {action.binding for action in ACTIONS}:
        from difflib import get_close_matches

        near = get_close_matches(name, [action.binding for action in ACTIONS], 1)
        meant = f'; did you mean "{near[0]}"?' if near else "; --print-keys lists all"
        raise UserError(f"{said}: there is no such action{meant}")
    if not isinstance(value, str) or not value.strip():
        raise UserError(f'{said}: the keys of an action are a text such as "right,l"')
    keys = [_canonical(key.strip()) for key in value.split(",")]
    for key, given in zip(keys, value.split(","), strict=True):
        wrong = _wrong(key)
        if wrong:
            raise UserError(f"{said}: {given.strip() or 'a comma'} {wrong}")
    return name, ",".join(dict.fromkeys(keys))


def _canonical(key: str) -> str:
    """$ is dollar_sign; what has a name already keeps it."""
    if len(key) != 1 or key.isalnum():
        return key
    name = unicodedata.name(key, key).lower().replace("-", "_").replace(" ", "_")
    return KEY_NAME_REPLACEMENTS.get(name, name)


def _wrong(key: str) -> str:
    """What is wrong with the name of a key; empty where nothing is."""
    *modifiers, base = key.split("+")
    if key in _ALIASES:
        return f"comes from a terminal as {_ALIASES[key]}"
    if modifiers == ["shift"] and key_to_character(base) is not None and base not in _NAMED:
        return f"comes from a terminal as {base.upper() if base.isalpha() else 'another character'}"
    known = base in _NAMED or key in _NAMED or (len(base) == 1 and base.isprintable())
    if not (known or key_to_character(base) is not None) or not set(modifiers) <= {"ctrl", "shift", "alt"}:
        return "is no key; a comma is written comma, a space space"
    return ""


def _check(path: Path, own: Mapping[str, str], keymap: Keymap) -> None:
    """Refuse a key that does two things on a screen."""
    for scope in get_args(Scope):
        taken: dict[str, str] = {
            key: "what moves in the list" if one == "users" else "the terminal interface itself"
            for one in ("users", "everywhere")
            if one in (scope, "everywhere")
            for key in TAKEN[one].split(",")
        }
        for action in sorted(keymap.available(scope), key=lambda one: one.binding in own):
            for key in action.keys.split(","):
                if key in taken and action.binding in own:
                    entry = f'"{action.binding}" = "{own[action.binding]}"'
                    raise UserError(f"{path}: {entry}: {drawn(key)} is taken by {taken[key]}")
                taken.setdefault(key, f'"{action.binding}" ({action.label})')


def as_toml(keymap: Keymap) -> str:
    """All actions and their keys, as a file that `read_keymap` reads."""
    lines = [
        "# Keys of `diffurec explore`. Keep the lines that you change, and delete the others.",
        f"# Read from {FILE} in the user's configuration folder, or from --keys FILE.",
        "# A key is a character, or one of Textual's names (left, shift+left, ctrl+f, f5, space, comma);",
        "# several are separated by commas.",
    ]
    for group in GROUPS:
        lines += ["", f"# {group}"]
        entries = [action for action in keymap.actions if action.group == group]
        texts = [f'"{action.binding}" = {json.dumps(action.keys, ensure_ascii=False)}' for action in entries]
        width = max(len(text) for text in texts)
        lines += [f"{text:<{width}}  # {one.help}" for text, one in zip(texts, entries, strict=True)]
    return "\n".join(lines) + "\n"
