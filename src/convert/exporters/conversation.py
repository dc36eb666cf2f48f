"""How an exporter is asked and how it answers.

The request comes as JSON on standard input. Answers go as JSON lines to a pipe of their own, whose number is in the
environment, since frameworks write what they like to standard output and standard error.
"""

import json
import os
import sys
import traceback


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
    request["progress"] = lambda message: say("progress", message=message)
    request["warn"] = lambda message: say("warning", message=message)
    sys.path.insert(0, request["folder"])
    try:
        say("result", **convert(request))
    except Refusal as refusal:
        say("refused", **refusal.facts)
    except BaseException as error:  # noqa: B902 - whatever it is, the other side explains it
        say("failed", kind=type(error).__name__, message=str(error)[:20_000], trace=traceback.format_exc()[-40_000:])
        sys.exit(1)
