"""The course: the shape of its lessons, their pictures, scenarios and exercises.

  course_test.py KVMSIM            the test
  course_test.py KVMSIM --update   writes the pictures anew
"""

import os
import re
import sys

import junit

import drawing
from pictures import FOLDER, Lessons, render

LESSON = re.compile(r"(\d\d)-[a-z-]+\.md")
PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)]+)\)")
QUIZ = re.compile(r"^\$ \./run quiz (--lesson \S+ --seed \d+)( --solve)?(?: \|.*)?$", re.MULTILINE)
# A screen or two.
MOST_LINES = 130


def lesson_files(folder):
    """The lessons' files in their order."""
    return sorted(name for name in os.listdir(folder) if LESSON.fullmatch(name))


def first_block(text):
    """What comes first below the heading and one sentence or two: a console block, or not."""
    before, fence, after = text.partition("\n```")
    return before, (fence + after).lstrip("\n")


def shape_problems(name, text, following):
    """What a lesson lacks. `following` is the file of the next one; empty for the last."""
    number = int(LESSON.fullmatch(name)[1])
    before, block = first_block(text)
    heading, _, lead = before.partition("\n")
    if not re.match(rf"# {number}\. \S", heading):
        yield f"opens with {heading!r}, not with '# {number}. TITLE'"
    if len(lead.split("\n\n")) > 2 or "## " in lead:
        yield "more than a paragraph stands before the first run"
    if not block.startswith("```console\n$ ./run "):
        yield "doesn't open with a run"
    pictures = [target for _, target in PICTURE.findall(text)]
    if pictures != [name.removesuffix(".md") + ".svg"]:
        yield f"has the pictures {pictures}, not its own alone"
    if any(len(alternative) < 20 for alternative, _ in PICTURE.findall(text)):
        yield "the picture isn't described"
    exercises = text.partition("\n## Exercises\n")[2]
    asked = {command for command, solve in QUIZ.findall(exercises) if not solve}
    if not 1 <= len(re.findall(r"^\d\. ", exercises, re.MULTILINE)) <= 3:
        yield "doesn't end with one to three numbered exercises"
    if not asked:
        yield "no exercise asks with `./run quiz --lesson N --seed N`"
    if any(not command.startswith(f"--lesson {number} ") for command, _ in QUIZ.findall(text)):
        yield "an exercise is about another lesson"
    last = text.splitlines()[-1]
    if following and not re.fullmatch(rf"Next: \[.+\]\({following}\)", last):
        yield f"doesn't end with 'Next: [TITLE]({following})'"
    if len(text.splitlines()) > MOST_LINES:
        yield f"has {len(text.splitlines())} lines; {MOST_LINES} are a screen or two"


def picture_problems(lessons, pictures):
    """Pictures that are not what would be rendered now, and ones that nothing renders."""
    for name, text in pictures.items():
        path = lessons.path(name)
        if not os.path.isfile(path) or lessons.text(name) != text:
            yield f"{FOLDER}/{name} is stale: tools/workspace/update-docs"
    for name in sorted(os.listdir(lessons.path(""))):
        if name.endswith(".svg") and name not in pictures:
            yield f"{FOLDER}/{name}: nothing renders it"


def unseen_pictures(lessons, pictures):
    """That one picture which nothing renders and others that are stale would be told."""
    others = {name: text + " " for name, text in list(pictures.items())[1:]}
    told = len(list(picture_problems(lessons, others)))
    return [] if told == len(pictures) else [f"of {len(pictures)} faults {told} are told"]


def scenario_problems(lessons):
    """Scenarios that don't answer as they say, or that no lesson shows."""
    names = [name for name in os.listdir(lessons.path("")) if name.endswith(".kvmt")]
    texts = "".join(lessons.text(name) for name in os.listdir(lessons.path("")) if ".md" in name)
    for name in sorted(names):
        try:
            lessons.kvmsim("run", lessons.path(name))
        except RuntimeError as error:
            yield str(error)
        if name not in texts:
            yield f"{name}: no lesson shows it"


def exercise_problems(kvmsim, text):
    """Exercises of a lesson whose commands don't ask, or whose solutions have no trail."""
    for command, _ in QUIZ.findall(text):
        words = command.split()
        if not re.search(r"-> \?$|Which line fails\?$", kvmsim("quiz", *words), re.M):
            yield f"quiz {command} asks nothing"
        solved = kvmsim("quiz", *words, "--solve")
        if not re.search(r"^(The decisions|The same question after each call)\n  ", solved, re.M):
            yield f"quiz {command} --solve has no trail"


def outside_is_refused():
    """That a picture can't hold a text that would be cut."""
    try:
        drawing.Drawing("", "").text(drawing.WIDTH - 20, 20, "longer")
    except ValueError:
        return []
    return ["a text beyond the picture's edge is drawn"]


FAULTS = (
    ("# 7. ", "# 8. "),
    ("```console\n$ ./run explain", "```console\n$ echo"),
    ("![", "["),
    ("](07-pins.svg)", "](08-ranges.svg)"),
    ("\n1. ", "\n1. A\n1. B\n1. "),
    ("--lesson 7 ", "--lesson 6 "),
    ("Next: [", "["),
    ("\n## Exercises\n", "\n## More\n"),
)


def unseen_faults(lessons):
    """Faults that are put into a good lesson and that its shape should tell."""
    name, following = "07-pins.md", "08-ranges.md"
    text = lessons.text(name)
    for right, wrong in FAULTS:
        if right not in text:
            yield f"{name} has no {right!r} to put a fault in"
        elif not list(shape_problems(name, text.replace(right, wrong), following)):
            yield f"{wrong!r} instead of {right!r} is no problem"


def contents_problems(contents, names):
    """Lessons that the course's first page doesn't lead to in their order."""
    linked = [target for target in re.findall(r"\]\(([^)]+)\)", contents) if LESSON.match(target)]
    return [] if linked == names else [f"{FOLDER}/README.md leads to {linked}, not to {names}"]


def check(lessons):
    names = lesson_files(lessons.path(""))
    pictures = render(lessons)
    contents = contents_problems(lessons.text("README.md"), names)
    cases = [
        junit.Case("the first page leads to each", contents),
        junit.Case("pictures are up to date", list(picture_problems(lessons, pictures))),
        junit.Case("other pictures are told", unseen_pictures(lessons, pictures)),
        junit.Case("a text that would be cut is refused", outside_is_refused()),
        junit.Case("a lesson's faults are told", list(unseen_faults(lessons))),
        junit.Case("scenarios answer as they say", list(scenario_problems(lessons))),
    ]
    for name, following in zip(names, names[1:] + [""]):
        text = lessons.text(name)
        problems = [f"{FOLDER}/{name} {said}" for said in shape_problems(name, text, following)]
        cases.append(junit.Case(f"{name} has a lesson's shape", problems))
        asked = list(exercise_problems(lessons.kvmsim, text))
        cases.append(junit.Case(f"{name}: its exercises work", asked))
    return cases


def update(lessons):
    for name, text in render(lessons).items():
        with open(lessons.path(name), "w", encoding="utf-8") as opened:
            opened.write(text)


def main(program, arguments):
    lessons = Lessons(os.path.dirname(os.path.realpath("WORKSPACE")), os.path.realpath(program))
    if arguments == ["--update"]:
        update(lessons)
        return 0
    return junit.finish("course", check(lessons))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
