"""A terminal with the full-screen program in it: tmux, of which a test sees the screen and presses the keys.

    with terminal.Terminal(program, tmp_path, "--wizard", task.path) as screen:
        screen.until("Source & destination")
        screen.press("C-n")
"""

import subprocess

import rds


class Terminal:
    """One tmux server with one window, in which rds-sync runs; both end with it."""

    def __init__(self, program, folder, *args, width=80, height=24, env=None):
        self._socket = folder / "tmux"
        self._program = program
        settings = [f"{name}={value}" for name, value in {**program.env, **(env or {})}.items()
                    if name.startswith(("XDG_", "RDS_", "LANG", "LC_", "TERM", "TZ", "HOME", "NO_COLOR"))]
        command = ["env", *settings, program.binary, *map(str, args)]
        script = 'printf "" >"$0"; "$@"; echo "$?" >"$0"; exec sleep 1000'
        self.exit_file = folder / "exit"
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(width), "-y", str(height),
                  "sh", "-c", script, str(self.exit_file), *command)

    def tmux(self, *args):
        return subprocess.run(["tmux", "-S", str(self._socket), *args], env={**self._program.env, "TERM": "xterm-256color"},
                              check=True, capture_output=True, text=True, timeout=20, cwd=self._program.home).stdout

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.hang_up()

    def hang_up(self):
        """What a lost connection does: the terminal is gone."""
        subprocess.run(["tmux", "-S", str(self._socket), "kill-server"], check=False, capture_output=True, timeout=20)

    def press(self, *keys):
        self.tmux("send-keys", *keys)

    def type(self, text):
        self.tmux("send-keys", "-l", "--", text)

    def resize(self, width, height):
        self.tmux("resize-window", "-x", str(width), "-y", str(height))

    @property
    def text(self):
        return self.tmux("capture-pane", "-p")

    def until(self, text, seconds=rds.SECONDS):
        """Wait until the screen shows TEXT; the screen."""
        seen = ""

        def shows():
            nonlocal seen
            seen = self.text
            return text in seen

        try:
            rds.wait_until(shows, repr(text), seconds)
        except AssertionError as missing:
            raise AssertionError(f"{missing}\n{seen}") from None
        return seen

    def exit_code(self, seconds=rds.SECONDS):
        """Wait until the program has ended."""
        return int(rds.wait_until(self.exit_file.read_text, "the program's end", seconds))


def pid_of(task):
    """The process that runs a task."""
    return task.status()["pid"]


def wait_for_state(task, state, seconds=rds.SECONDS):
    return rds.wait_until(lambda: task.status()["state"] == state, f"the state {state}", seconds)


