"""Standard output and error: signs that an encoding lacks, and streams that cannot be written."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import sys
import unicodedata

STAND_IN = "harness-stand-in"
SIGNS = {
    "±": "+-", "≈": "~", "−": "-", "–": "-", "—": "-", "×": "x", "·": "*", "…": "...", "≤": "<=", "≥": ">=",
    "→": "->", "‘": "'", "’": "'", "“": '"', "”": '"', "µ": "u", "†": "!", "χ": "chi", "Φ": "Phi", "÷": "/",
}  # fmt: skip
"""What stands for a sign where an encoding lacks it. Accents fall off letters, all else is escaped."""


def stand_in(problem: UnicodeError) -> tuple[str, int]:
    """An error handler of `codecs`: the text for what cannot be encoded, and where to go on."""
    if not isinstance(problem, UnicodeEncodeError):
        raise problem
    signs = problem.object[problem.start : problem.end]
    return "".join(SIGNS.get(sign) or _plain(sign) for sign in signs), problem.end


def _plain(sign: str) -> str:
    """A letter without its accent, or an escape (also for bytes of file names that are no text)."""
    letters = unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode()
    return letters or sign.encode("ascii", "backslashreplace").decode()


def prepare() -> None:
    """Give both streams the stand-ins; keep the numbers of streams that are closed from other files."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:  # else the next file that is opened gets the number, and what is printed
            os.open(os.devnull, os.O_RDWR)
    if sys.stderr is None:  # print(file=None) would print to standard output
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    codecs.register_error(STAND_IN, stand_in)
    for stream in (sys.stdout, sys.stderr):
        chosen = getattr(stream, "errors", None)
        if isinstance(stream, io.TextIOWrapper) and chosen not in ("ignore", "replace", "xmlcharrefreplace"):
            stream.reconfigure(errors=STAND_IN)


def say(sentence: str) -> None:
    """A sentence on standard error, if it can be written."""
    with contextlib.suppress(OSError):
        print(sentence, file=sys.stderr)


def explained(problem: OSError) -> str:
    """What the system refused, in a sentence. Errors of files name them, those of streams do not."""
    where = problem.filename if isinstance(problem.filename, str) else "standard output"
    return f"{where} cannot be used ({problem.strerror or problem}); what is stored is kept"


def abandon() -> None:
    """Send what still waits in a stream that cannot be written to nowhere: the interpreter would complain."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            with contextlib.suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
