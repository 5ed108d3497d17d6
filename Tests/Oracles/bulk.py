"""Puts questions to `schedules next --from -` and reads the answers, in order."""

import json
import subprocess
import sys
import threading

DEFAULT = [".build/release/carillon", "schedules", "next", "--from", "-"]


def ask(questions, command=None):
    """A list of answers: {"next": [...]} or {"error": "..."}, one for each question."""
    process = subprocess.Popen(
        command or DEFAULT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )

    def write():
        for question in questions:
            process.stdin.write(json.dumps(question) + "\n")
        process.stdin.close()

    threading.Thread(target=write, daemon=True).start()
    answers = [json.loads(line) for line in process.stdout]
    process.wait()
    if len(answers) != len(questions):
        sys.exit(f"{len(questions)} questions, {len(answers)} answers")
    return answers


def command_of(text):
    """The command of an option: words with spaces between them."""
    return text.split() if text else None
