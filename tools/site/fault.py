"""What is wrong with the documentation, or with where its pages are to go."""


class Fault(Exception):
    """Told in its lines; `code` is the exit code."""

    def __init__(self, lines, code=1):
        super().__init__("\n".join(lines))
        self.code = code
