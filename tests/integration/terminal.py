"""A terminal with the full-screen program in it: tmux, of which a test waits for the screen and presses the keys.

    with terminal.Terminal(program, tmp_path, "--wizard", task.path) as screen:
        screen.until("Source & destination", "[ Next ]")
        screen.press("C-n")

What is on the screen at one moment is nothing to assert: the terminal may have only half of the frame that shows what was
waited for. So no text is handed out; all that a test wants to see in a picture it names in one call of until().
"""

import fcntl
import os
import subprocess
import sys
import termios

import rds


class Terminal:
    """One tmux server with one window, in which rds-sync runs; both end with it."""

    def __init__(self, program, folder, *args, width=80, height=24, env=None, jobs=False):
        """JOBS: a shell with job control starts it, says so when it is stopped, and goes on with it after a line end."""
        self._socket = folder / "tmux"
        self._program = program
        settings = [f"{name}={value}" for name, value in {**program.env, **(env or {})}.items()
                    if name.startswith(("XDG_", "RDS_", "LANG", "LC_", "TERM", "VISUAL", "TZ", "HOME", "NO_COLOR", "ESCDELAY"))]
        command = ["env", *settings, program.binary, *map(str, args)]
        stopped = 'echo "stopped with $?"; read -r _; fg >/dev/null; ' if jobs else ""
        script = f'{"set -m; " if jobs else ""}printf "" >"$0"; "$@"; {stopped}echo "$?" >"$0"; exec sleep 1000'
        self.exit_file = folder / "exit"
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(width), "-y", str(height),
                  "sh", "-c", script, str(self.exit_file), *command)

    def tmux(self, *args):
        return subprocess.run(["tmux", "-S", str(self._socket), *args], env={**self._program.env, "TERM": "xterm-256color"},
                              check=True, capture_output=True, text=True, timeout=60, cwd=self._program.home).stdout

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.hang_up()

    def hang_up(self):
        """What a lost connection does: the terminal is gone."""
        subprocess.run(["tmux", "-S", str(self._socket), "kill-server"], check=False, capture_output=True, timeout=60)

    def press(self, *keys):
        self.tmux("send-keys", *keys)

    def type(self, text):
        self.tmux("send-keys", "-l", "--", text)

    def paste(self, text):
        """As a terminal does that was asked to set pasted text apart; elsewhere it is typed."""
        self.tmux("set-buffer", "-b", "pasted", "--", text)
        self.tmux("paste-buffer", "-p", "-r", "-b", "pasted")

    def unread(self):
        """How many bytes were typed that the program has not read yet."""
        with open(self.tmux("display", "-p", "#{pane_tty}").strip(), "rb", buffering=0, opener=lambda path, flags: os.open(
                path, flags | os.O_NOCTTY | os.O_NONBLOCK)) as terminal:
            return int.from_bytes(fcntl.ioctl(terminal, termios.FIONREAD, bytes(4)), sys.byteorder)

    def record(self, path):
        """From now on all that the program writes is appended to PATH, too."""
        self.tmux("pipe-pane", "-o", f"exec cat >>'{path}'")

    def resize(self, width, height):
        self.tmux("resize-window", "-x", str(width), "-y", str(height))

    def until(self, *texts, without=(), seconds=rds.SECONDS):
        """Wait for a picture with all TEXTS and none of WITHOUT. It is drawn from above: what is missing is told from what
        has not come yet by a text of the last line."""
        what = ", ".join(map(repr, texts)) + "".join(f", no {text!r}" for text in without)
        self._wait(lambda seen: all(text in seen for text in texts) and not any(text in seen for text in without), what, seconds)

    def until_any(self, *texts, seconds=rds.SECONDS):
        """Wait for a picture with one of TEXTS; that one."""
        return self._wait(lambda seen: next((text for text in texts if text in seen), None), " or ".join(map(repr, texts)), seconds)

    def _wait(self, condition, what, seconds):
        seen = ""

        def look():
            nonlocal seen
            seen = self.tmux("capture-pane", "-p")
            return condition(seen)

        try:
            return rds.wait_until(look, what, seconds)
        except AssertionError as missing:
            raise AssertionError(f"{missing}\n{seen}") from None

    def until_alternate(self, on, seconds=rds.SECONDS):
        """Wait until the terminal is in its alternate screen, or (ON false) has left it."""
        rds.wait_until(lambda: self.tmux("display", "-p", "#{alternate_on}") == f"{on:d}\n", f"alternate_on {on:d}", seconds)

    def exit_code(self, seconds=rds.SECONDS):
        """Wait until the program has ended."""
        return int(rds.wait_until(self.exit_file.read_text, "the program's end", seconds))
