"""How an exporter is asked and how it answers.

The request comes as JSON on standard input. Answers go as JSON lines to a pipe of their own, whose number is in the
environment, since frameworks write what they like to standard output and standard error.
"""

import json
import os
import sys
import traceback
import zipfile


class Refusal(Exception):
    """A conversion that cannot be done, said so that a person can act."""

    def __init__(self, code, message, mend):
        super().__init__(message)
        self.facts = {"code": code, "message": message, "mend": mend}


def converse(convert):
    """Answers one request with what `convert` makes of it: a result, a refusal or a failure, and never a bare trace."""
    answers = os.fdopen(int(os.environ["PLIMSOLL_ANSWERS"]), "w", buffering=1, encoding="utf-8")

    def say(event, **facts):
        answers.write(json.dumps({"event": event, **facts}) + "\n")

    request = json.load(sys.stdin)
    request["say"] = say
    request["progress"] = lambda message: say("progress", message=message)
    request["warn"] = lambda message: say("warning", message=message)
    # Behind the packages: a script of the user's that is called as one of them must not stand in for it.
    sys.path.append(request["folder"])
    try:
        refuse_bomb(request["artefact"])
        say("result", **convert(request))
    except Refusal as refusal:
        say("refused", **refusal.facts)
    except BaseException as error:  # noqa: B902 - whatever it is, the other side explains it
        say("failed", kind=type(error).__name__, message=str(error)[:20_000], trace=traceback.format_exc()[-40_000:])
        sys.exit(1)


# Weights hardly pack: what unpacks to so much more, and is large, was made to fill a machine.
LARGEST_RATIO = 100
SMALLEST_BOMB_BYTES = 1 << 30


def refuse_bomb(path):
    """Archives say how large their files become, and none becomes larger than it says."""
    if not os.path.isfile(path) or not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    if unpacked > max(SMALLEST_BOMB_BYTES, LARGEST_RATIO * os.path.getsize(path)):
        raise Refusal(
            "convert/bomb",
            f"{os.path.basename(path)} has {os.path.getsize(path)} bytes and unpacks to {unpacked}",
            "Whoever made this file wanted to fill a disk; a model is no such file.",
        )


def choose(routes, request):
    """The way that this attempt goes, of `routes`, which are (name, what to call) with the best first.

    What fails before is the source's fault, and what fails after this one's: then the other side asks again for the next.
    """
    attempt = request["attempt"]
    name, way = routes[attempt]
    request["say"]("route", name=name, isLast=attempt + 1 >= len(routes))
    return name, way
