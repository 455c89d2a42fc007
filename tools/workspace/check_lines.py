"""Finds the checks of C++ sources: the `if`s that end a call, and what stands beside them.

A check is an `if` without an `else` whose statement, or whose block's last statement, is a `return`;
or a `break`, where the condition asks the decision trail. It has the shapes that clang-format leaves:

  if (trail.If("size == 0", size == 0)) return trail.Fail(Errno::kEINVAL);
  if (const Result<> checked = Check(); !checked) {
    return checked;
  }

Nothing is compiled: literals and comments are blanked out, and the rest is read by its brackets. A
source that is read wrongly gives mutants that don't compile, never a wrong answer.
"""

import re
from typing import NamedTuple

OPENING = "([{"
CLOSING = ")]}"
KEYWORDS = "if else for while switch do return break continue case default goto".split()

LITERALS_AND_COMMENTS = re.compile(
    r"//[^\n]*|/\*.*?\*/|R\"(\w*)\(.*?\)\1\"|\"(?:\\.|[^\"\\\n])*\"|(?<!\w)'(?:\\.|[^'\\\n])+'",
    re.DOTALL,
)
ASKS_TRAIL = re.compile(r"\b\w+\.If\(")


class Check(NamedTuple):
    """One check of a file. Offsets are into its text, ranges half-open."""

    function: str
    # What it says of itself: the text for the trail, else its condition, with blanks joined.
    predicate: str
    start: int
    end: int
    # The part that decides: the condition without what it declares first. None: it is a declaration.
    condition: "tuple[int, int] | None"
    # Behind an `else`: it can't be taken out as a statement.
    after_else: bool
    # The start of the next check of the same block, with nothing but declarations and expressions
    # between the two. None: there is none.
    neighbour: "int | None"
    asks_trail: bool


def masked(text):
    """The text with literals and comments blanked out, each character in its place."""
    return LITERALS_AND_COMMENTS.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)


def skip_blanks(code, at):
    while at < len(code) and code[at].isspace():
        at += 1
    return at


def closing(code, at):
    """Where the bracket that opens at `at` is closed."""
    depth = 0
    for position in range(at, len(code)):
        if code[position] in OPENING:
            depth += 1
        elif code[position] in CLOSING:
            depth -= 1
            if depth == 0:
                return position
    raise ValueError(f"the bracket at {at} is never closed")


def find_outside(code, start, end, wanted):
    """Where `wanted` first stands outside of brackets; None if nowhere."""
    at = start
    while at < end:
        if code.startswith(wanted, at):
            return at
        at = closing(code, at) + 1 if code[at] in OPENING else at + 1
    return None


def word_at(code, at):
    found = re.compile(r"\w+").match(code, at)
    return found.group() if found else ""


class Source:
    """A C++ source and its checks."""

    def __init__(self, text):
        self.text = text
        self.code = masked(text)
        self._functions = list(self._find_functions())
        self.checks = self._numbered(self._find_checks())

    def line_of(self, offset):
        return self.text.count("\n", 0, offset) + 1

    def _find_functions(self):
        """(start, end, name) of each function's block, in order; classes are looked into."""
        at, begin = 0, 0
        while at < len(self.code):
            char = self.code[at]
            if char in ";}":
                begin = at + 1
            elif char == "{":
                header = re.sub(r"^\s*#.*$", "", self.code[begin:at], flags=re.MULTILINE)
                name = re.search(r"([\w:~]+)\s*\(", header)
                begin = at + 1
                if not re.search(r"\b(namespace|class|struct|union|enum)\b", header):
                    end = closing(self.code, at)
                    if name:
                        yield at, end, name.group(1)
                    at = begin = end + 1
                    continue
            elif char in "([":
                at = closing(self.code, at)
            at += 1

    def _statement_end(self, at):
        """The end of the statement that begins at `at`."""
        at = skip_blanks(self.code, at)
        if self.code[at] == "{":
            return closing(self.code, at) + 1
        if word_at(self.code, at) in ("if", "for", "while", "switch"):
            end = self._statement_end(closing(self.code, self.code.index("(", at)) + 1)
            follows = skip_blanks(self.code, end)
            return self._statement_end(follows + 4) if word_at(self.code, follows) == "else" else end
        return find_outside(self.code, at, len(self.code), ";") + 1

    def _last_word(self, start, end):
        """What the last statement of a statement or a block begins with."""
        at = skip_blanks(self.code, start)
        if self.code[at] != "{":
            return word_at(self.code, at)
        word = ""
        at = skip_blanks(self.code, at + 1)
        while at < end - 1:
            word = word_at(self.code, at)
            if word in ("case", "default"):
                return word
            at = skip_blanks(self.code, self._statement_end(at))
        return word

    def _check_at(self, at, function):
        """The check at an `if`, or None if it is none."""
        opened = self.code.index("(", at)
        closed = closing(self.code, opened)
        body = skip_blanks(self.code, closed + 1)
        end = self._statement_end(at)
        if self._statement_end(body) != end:
            return None  # an else follows
        asks_trail = bool(ASKS_TRAIL.search(self.code, opened, closed))
        last = self._last_word(body, end)
        if last != "return" and not (last == "break" and asks_trail):
            return None
        declared = find_outside(self.code, opened + 1, closed, ";")
        begin = opened + 1 if declared is None else declared + 1
        is_declaration = re.search(r"[^=!<>]=[^=]", self.code[begin:closed]) and not asks_trail
        spoken = re.compile(r"\w+\.If\(\s*\"((?:\\.|[^\"\\])*)\"").search(self.text, opened, closed)
        said = spoken.group(1) if spoken else " ".join(self.text[opened + 1 : closed].split())
        return Check(
            function=function,
            predicate=said,
            start=at,
            end=end,
            condition=None if is_declaration else (begin, closed),
            after_else=bool(re.search(r"\belse\s*$", self.code[:at])),
            neighbour=self._neighbour(end),
            asks_trail=asks_trail,
        )

    def _neighbour(self, at):
        """The next `if` of the block, where only declarations and expressions stand between."""
        while True:
            at = skip_blanks(self.code, at)
            if word_at(self.code, at) == "if":
                return at
            if self.code[at] in "{}" or word_at(self.code, at) in KEYWORDS:
                return None
            at = self._statement_end(at)

    def _find_checks(self):
        checks = {}
        for start, end, function in self._functions:
            for found in re.compile(r"\bif\s*\(").finditer(self.code, start, end):
                check = self._check_at(found.start(), function)
                if check:
                    checks[check.start] = check
        for check in checks.values():
            movable = not check.after_else and check.neighbour in checks
            yield check if movable else check._replace(neighbour=None)

    @staticmethod
    def _numbered(checks):
        """Two checks of a function that say the same are told apart: the second ends in " #2"."""
        seen, numbered = {}, []
        for check in checks:
            key = (check.function, check.predicate)
            seen[key] = seen.get(key, 0) + 1
            suffix = f" #{seen[key]}" if seen[key] > 1 else ""
            numbered.append(check._replace(predicate=check.predicate + suffix))
        return numbered

    def other_questions(self):
        """The lines that ask the trail outside of every check's condition."""
        inside = [(check.start, self.code.index("(", check.start)) for check in self.checks]
        ranges = [(start, closing(self.code, opened)) for start, opened in inside]
        for question in ASKS_TRAIL.finditer(self.code):
            if not any(start <= question.start() < end for start, end in ranges):
                yield self.line_of(question.start())
