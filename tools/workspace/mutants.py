"""Makes mutants of checks, and writes sources that hold every mutant of a file at once.

For each check (check_lines.py) there are up to three: without the check, with its condition turned
round, and with the check moved behind the next one of its block. All of them are compiled into one
program; the environment variable KVM_MODEL_MUTANT, a number, picks the one that is alive. Where
KVM_MODEL_MUTANTS_REACHED names a file, the program writes a 1 there at the number of each mutant
whose place it came by: a program that doesn't come by can't tell.
"""

from typing import NamedTuple

from check_lines import Source

REMOVED = "removed"
NEGATED = "negated"
MOVED = "moved behind the next"

# Stands once in each source, behind its #includes. The numbers of the mutants are constants of the
# call, so that a place costs a load and a branch for each.
SWITCH = """
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>

namespace kvm_model::mutation {

struct State {
  int alive = -1;
  volatile char* reached = nullptr;

  State() {
    if (const char* const number = std::getenv("KVM_MODEL_MUTANT")) alive = std::atoi(number);
    const char* const file = std::getenv("KVM_MODEL_MUTANTS_REACHED");
    if (file == nullptr) return;
    const int fd = ::open(file, O_RDWR | O_CLOEXEC);
    void* const map = ::mmap(nullptr, %(count)d, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map != MAP_FAILED) reached = static_cast<volatile char*>(map);
    ::close(fd);
  }
};

inline bool Alive(int number) {
  static State* const state = new State();
  if (state->reached != nullptr) state->reached[number] = 1;
  return state->alive == number;
}

}  // namespace kvm_model::mutation

"""


class Mutant(NamedTuple):
    """One change of one check."""

    number: int
    file: str
    line: int
    function: str
    predicate: str
    kind: str

    def key(self):
        """What names the mutant in a table, whatever lines come and go."""
        return (self.file, self.function, self.kind, self.predicate)


def alive(number):
    return f"::kvm_model::mutation::Alive({number})"


class MutatedFile:
    """A source, its mutants, and the text that holds them all."""

    def __init__(self, file, text, first_number):
        self.file = file
        self.source = Source(text)
        self.mutants = []
        self._insertions = []  # (offset, order, text): of those at one offset, the lowest order first
        self._next = first_number
        for check in self.source.checks:
            self._mutate(check)

    def _mutant(self, check, kind):
        number = self._next
        self._next += 1
        line = self.source.line_of(check.start)
        found = Mutant(number, self.file, line, check.function, check.predicate, kind)
        self.mutants.append(found)
        return number

    def _insert(self, offset, order, text):
        self._insertions.append((offset, order, text))

    def _mutate(self, check):
        if check.condition:
            self._turn_round(check)
        if check.after_else:
            return
        number = self._mutant(check, REMOVED)
        absent = alive(number)
        if check.neighbour is not None:
            end = next(other.end for other in self.source.checks if other.start == check.neighbour)
            moved = self._mutant(check, MOVED)
            absent += f" || {alive(moved)}"
            again = self.source.text[check.start : check.end]
            self._insert(end, 1, f"\nif ({alive(moved)}) {{\n{again}\n}}\n")
        self._insert(check.start, 1, f"if (!({absent})) {{\n")
        self._insert(check.end, 0, "\n}")

    def _turn_round(self, check):
        number = self._mutant(check, NEGATED)
        removed = ""
        if check.after_else:
            removed = f"!{alive(self._mutant(check, REMOVED))} && "
        begin, end = check.condition
        self._insert(begin, 2, f" {removed}({alive(number)} != static_cast<bool>(")
        self._insert(end, -1, "))")

    def text(self, count):
        """The source with every mutant in it; `count` is how many there are in all files."""
        text = self.source.text
        for offset, _, inserted in sorted(self._insertions, reverse=True):
            text = text[:offset] + inserted + text[offset:]
        behind_includes = text.index("\n", text.rindex("\n#include")  + 1) + 1
        return text[:behind_includes] + SWITCH % {"count": count} + text[behind_includes:]


def mutate(texts):
    """The MutatedFiles of file -> text, numbered from 0 on without gaps."""
    files, number = [], 0
    for file, text in texts.items():
        files.append(MutatedFile(file, text, number))
        number += len(files[-1].mutants)
    return files
