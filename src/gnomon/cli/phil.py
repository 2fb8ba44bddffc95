"""PHIL, the field's syntax of parameter files, as far as files that users write have it.

``scope { name = value }`` and ``scope.name = value``; ``# comment``; values go to the end of the line, to a ``;`` or
a ``}``, and on behind a ``\\`` at the end of a line; single, double or triple quotes hold a value together. ``.help``
and its like, which a definition may have, and what ``!`` disables are left out; ``include file NAME`` has another file
read in its place, from beside the one that names it. Source: the description in R. W. Grosse-Kunstleve et al. (2005),
"Phil and friends", IUCr Computing Commission Newsletter 5, 69-91.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from gnomon.errors import InputError

_TOKEN = re.compile(
    r"(?P<quoted>(?P<mark>\"\"\"|'''|\"|')(?P<inner>(?:\\.|(?!(?P=mark)).)*)(?P=mark))"
    r"|(?P<comment>\#[^\n]*)|(?P<going_on>\\[ \t]*\n)|(?P<newline>\n)"
    r"|(?P<mark_of_scope>[{};=])|(?P<word>[^\s{};=\"'\#]+)",
    re.DOTALL,
)


class Definition(NamedTuple):
    """A name with its whole path, the text of its value, and the file and line that it stands in."""

    name: str
    text: str
    file: str
    line: int


class _Token(NamedTuple):
    kind: str
    text: str
    line: int


Include = Callable[[str, str], list[Definition]]
"""Reads a file that another one includes: the definitions, by the name that is written and the file that names it."""


def definitions(content: str, where: str, include: Include) -> list[Definition]:
    """The definitions of a file in their order; ``where``: its name, for errors and for what it includes.

    Raises InputError where braces or quotes do not match, or a name has no value.
    """
    return list(_definitions(_Tokens(content, where), include))


class _Tokens:
    """The tokens of a file, one at a time; None at its end."""

    def __init__(self, content: str, where: str) -> None:
        self.where = where
        self._all = list(self._split(content))
        self.place = 0

    def peek(self) -> _Token | None:
        return self._all[self.place] if self.place < len(self._all) else None

    def pop(self) -> _Token | None:
        token = self.peek()
        self.place += 1
        return token

    def skip_lines(self) -> None:
        while (token := self.peek()) is not None and token.kind == "newline":
            self.place += 1

    def after_lines(self) -> _Token | None:
        """The next that is no end of a line, left where it is."""
        place = self.place
        self.skip_lines()
        token, self.place = self.peek(), place
        return token

    def wrong(self, line: int, found: str, advice: str) -> InputError:
        return InputError(f"{self.where}, line {line}: {found}; {advice}")

    def _split(self, content: str) -> Iterator[_Token]:
        line, place = 1, 0
        for match in _TOKEN.finditer(content):
            if strange := content[place : match.start()].strip():
                raise self.wrong(line, f"{strange[:20]} opens a quote that is not closed", "close it")
            kind = match.lastgroup if match["quoted"] is None else "quoted"
            if kind not in ("comment", "going_on"):
                yield _Token(str(kind), re.sub(r"\\(.)", r"\1", match["inner"]) if kind == "quoted" else match[0], line)
            line, place = line + match[0].count("\n"), match.end()
        if strange := content[place:].strip():
            raise self.wrong(line, f"{strange[:20]} opens a quote that is not closed", "close it")


def _definitions(tokens: _Tokens, include: Include) -> Iterator[Definition]:
    scopes: list[_Token | None] = []  # None: a scope that is left out
    while True:
        tokens.skip_lines()
        token = tokens.pop()
        if token is None:
            break
        if token.text == ";" and token.kind != "quoted":
            continue
        if token.text == "}":
            if not scopes:
                raise tokens.wrong(token.line, "a } that closes no scope", "take it out, or open one with name {")
            scopes.pop()
            continue
        left_out = token.text.startswith(("!", "."))
        if _opens(tokens):
            scopes.append(None if left_out else token)
            continue
        included = _included(tokens, token)
        found = [Definition(token.text, _value(tokens, token), tokens.where, token.line)] if not included else []
        if not left_out and None not in scopes:
            path = "".join(f"{scope.text}." for scope in scopes if scope is not None)
            for one in include(included, tokens.where) if included else found:
                yield one._replace(name=path + one.name)
    if scopes:
        first = next((scope for scope in scopes if scope is not None), None)
        raise tokens.wrong(first.line if first else 1, "a { that is not closed", "close the scope with }")


def _opens(tokens: _Tokens) -> bool:
    """Whether a scope opens behind the name: attributes may stand between, as in ``scope .help = "..." {``."""
    while True:
        after = tokens.after_lines()
        if after is None or after.kind == "quoted" or not after.text.startswith(("{", ".")):
            return False
        tokens.skip_lines()
        tokens.pop()
        if after.text == "{":
            return True
        _value(tokens, after)


def _included(tokens: _Tokens, token: _Token) -> str:
    """The file that is to be read here, empty where the word is none that includes one."""
    what = tokens.peek()
    if token.text.lstrip("!") != "include" or what is None or what.kind not in ("word", "quoted"):
        return ""
    tokens.pop()
    name = tokens.pop()
    if what.text != "file" or name is None or name.kind not in ("word", "quoted"):
        advice = "only include file NAME is read here; write the parameters themselves"
        raise tokens.wrong(token.line, f"include {what.text}", advice)
    return name.text


def _value(tokens: _Tokens, name: _Token) -> str:
    """The text behind the = of a name. Strings on lines of their own go on with a string, as texts of help do."""
    sign = tokens.pop()
    if sign is None or sign.text != "=" or sign.kind == "quoted":
        raise tokens.wrong(name.line, f"{name.text} has no value", f"write {name.text} = value, or {name.text} {{ }}")
    words: list[_Token] = []
    while (token := tokens.peek()) is not None:
        if token.kind == "newline":
            after = tokens.after_lines()
            if not (words and words[-1].kind == "quoted" and after is not None and after.kind == "quoted"):
                break
            tokens.skip_lines()
            continue
        if token.kind == "mark_of_scope" and token.text != "=":
            break
        words.append(token)
        tokens.pop()
    if not words:
        raise tokens.wrong(name.line, f"{name.text} has no value", f"write {name.text} = value, or None")
    if len(words) == 1:
        return words[0].text
    return " ".join(_again(word) for word in words)


def _again(word: _Token) -> str:
    """A word of several as it was written: quotes are only needed round blanks, commas and quotes."""
    needed = word.kind == "quoted" and re.search(r"[\s,\"']", word.text)
    mark = "'" if '"' in word.text else '"'
    return f"{mark}{word.text}{mark}" if needed else word.text
