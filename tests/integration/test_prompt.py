"""The wizard as plain questions, in a terminal: what is asked, what is not shown, what is written."""

import codecs
import configparser
import os
import pty
import select
import termios
import time

import pytest

import rds
import servers

SECRET = "Geheim-72;#x"


class Talk:
    """`rds-sync prompt FLOW`, or what else the arguments say, on a terminal of its own."""

    def __init__(self, binary, program, *arguments):
        self.reader, terminal = pty.openpty()
        self.running = servers.spawn([binary, *arguments], env={**program.env, "TERM": "dumb"}, stdin=terminal,
                                     stdout=terminal, stderr=terminal, start_new_session=True)
        program.watch(self.running.pid)
        self.terminal = terminal            # kept open: so that its settings can be looked at
        self.decoder = codecs.getincrementaldecoder("utf-8")()
        self.seen = ""
        self.told = 0

    def echoes(self):
        return bool(termios.tcgetattr(self.terminal)[3] & termios.ECHO)

    def expect(self, text, seconds=rds.SECONDS):
        """Wait until TEXT is told behind what was waited for before."""
        deadline = time.monotonic() + seconds
        while text not in self.seen[self.told:]:
            assert time.monotonic() < deadline, f"waited for {text!r}; told: {self.seen[self.told:]!r}"
            if select.select([self.reader], [], [], 1)[0]:
                self.seen += self.decoder.decode(os.read(self.reader, 65536))
        self.told = self.seen.index(text, self.told) + len(text)

    def answer(self, question, line):
        self.expect(question)
        os.write(self.reader, line.encode() + b"\n")

    def secret(self, question, line):
        """Answer once the echo is off, as a person would who sees the question."""
        self.expect(question)
        deadline = time.monotonic() + rds.SECONDS
        while self.echoes():
            assert time.monotonic() < deadline, "the echo stays on"
            time.sleep(0.005)
        os.write(self.reader, line.encode())

    def end(self):
        code = self.running.wait(rds.SECONDS)
        while select.select([self.reader], [], [], 0)[0]:
            self.seen += self.decoder.decode(os.read(self.reader, 65536))
        return code

    def close(self):
        if self.running.poll() is None:
            self.running.kill()
            self.running.wait()
        os.close(self.reader)
        os.close(self.terminal)


@pytest.fixture
def talk(binary, program):
    started = []

    def start(flow="mysql-to-mysql"):
        started.append(Talk(binary, program, "prompt", flow))
        return started[-1]
    yield start
    for each in started:
        each.close()


def answer_side(talk, host):
    talk.answer("Instance type [Self-managed]: ", "")
    talk.answer("Host: ", host)
    talk.answer("Port [3306]: ", "")
    talk.answer("Database account: ", "dts")
    talk.secret("Database password: ", SECRET + "\n")
    talk.answer("Connection method [No SSL]: ", "")
    talk.answer("Test connectivity [no]: ", "")


def test_questions_end_in_a_task_file_and_never_show_the_password(talk, program):
    asked = talk()
    asked.answer("advanced settings, too [no]: ", "")
    asked.answer("Task name [", "from questions")
    answer_side(asked, "127.0.0.1")
    assert asked.echoes()
    answer_side(asked, "127.0.0.2")
    asked.answer("an empty line at the end", "shop -> shop_copy\n")
    for question in ("Schema Initialization [Yes]: ", "Full Data Initialization [Yes]: ", "Incremental [Yes]: ",
                     "Existing tables [Check]: ", "DML to synchronize [INSERT, UPDATE, DELETE]: ", "DDL to synchronize [",
                     "Compare all the time [No]: ", "Compare changed rows [No]: "):
        asked.answer(question, "")
    asked.answer("The task file is written then [yes]: ", "")
    assert asked.end() == 0
    assert SECRET not in asked.seen

    path = program.tasks / "from-questions.ini"
    assert f"The task file is {path}" in asked.seen
    assert path.stat().st_mode & 0o777 == 0o600
    written = configparser.ConfigParser(inline_comment_prefixes=None, interpolation=None)
    written.read(path, encoding="utf-8")
    assert written["task"]["name"] == "from questions"
    assert written["source"]["host"] == "127.0.0.1" and written["destination"]["host"] == "127.0.0.2"
    assert written["source"]["password"].strip('"') == SECRET
    assert written["objects"]["rename.1"] == "shop -> shop_copy"
    shown = program.run("task", "show", "from questions").succeeded().out
    assert SECRET not in shown


def test_connectivity_can_be_tested_while_asking(talk):
    asked = talk()
    asked.answer("advanced settings, too [no]: ", "")
    asked.answer("Task name [", "")
    asked.answer("Instance type [Self-managed]: ", "")
    asked.answer("Host: ", "127.0.0.1")
    asked.answer("Port [3306]: ", "1")
    asked.answer("Database account: ", "dts")
    asked.secret("Database password: ", SECRET + "\n")
    asked.answer("Connection method [No SSL]: ", "")
    asked.answer("Test connectivity [no]: ", "yes")
    asked.expect("RS-2001")
    asked.expect("Test connectivity [no]: ")
    assert SECRET not in asked.seen


def test_the_end_of_the_input_writes_nothing(talk, program):
    asked = talk()
    asked.answer("advanced settings, too [no]: ", "")
    asked.expect("Task name [")
    os.write(asked.reader, b"\x04")
    assert asked.end() == 1
    assert "nothing was written" in asked.seen
    assert not list(program.tasks.iterdir())


def test_an_interrupt_at_the_password_leaves_the_terminal_as_it_was(talk):
    asked = talk()
    before = termios.tcgetattr(asked.terminal)
    asked.answer("advanced settings, too [no]: ", "")
    asked.answer("Task name [", "")
    asked.answer("Instance type [Self-managed]: ", "")
    asked.answer("Host: ", "db1")
    asked.answer("Port [3306]: ", "")
    asked.answer("Database account: ", "dts")
    asked.secret("Database password: ", "half\x03")
    assert asked.end() == 1
    assert termios.tcgetattr(asked.terminal) == before
    assert "half" not in asked.seen


def test_an_unknown_flow_is_told_with_those_that_are_known(program):
    told = program.run("prompt", "mysql-to-paper").exited(2)
    assert "RS-1001" in told.err and "mysql-to-mysql" in told.err
