"""What is installed beside the program: what the shells complete, made from its own tables and read by a real bash; and the units
of systemd."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest


@pytest.fixture
def complete(program, binary):
    """The words that bash offers for a line; the cursor is at its end. As readline does, it is divided at '='."""
    if not shutil.which("bash"):
        pytest.skip("there is no bash")
    script = program.home / "completion"
    script.write_text(program.run("completion", "bash").succeeded().out, encoding="utf-8")
    commands = program.home / "bin"
    commands.mkdir()
    (commands / "rds-sync").symlink_to(binary)
    env = {**program.env, "PATH": f"{commands}:{os.environ['PATH']}"}

    def ask(line):
        words = line.replace("=", " = ").split(" ") if line.endswith("=") else line.replace("=", " = ").split(" ")
        words = [word for word in words[:-1] if word] + [words[-1]]
        if line.endswith("="):
            words = [word for word in words if word]
        told = subprocess.run(["bash", "-c", 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _rds_sync; '
                               'printf "%s\\n" "${COMPREPLY[@]}"', "bash", str(script), *words],
                              env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True, timeout=60)
        assert told.stderr == ""
        return told.stdout.split()
    return ask


def test_commands_options_and_values(complete):
    assert {"task", "run", "status", "event", "completion"} <= set(complete("rds-sync "))
    assert complete("rds-sync ru") == ["run"]
    assert {"list", "show", "new", "set", "export", "import"} == set(complete("rds-sync task "))
    assert {"--until=", "--skip-precheck-warnings", "--log-level="} <= set(complete("rds-sync run shop --"))
    assert complete("rds-sync run shop --until=") == ["synchronized"]
    assert complete("rds-sync --log-level=d") == ["debug"]
    assert "mysql-to-mysql" in complete("rds-sync task new --flow=")
    assert complete("rds-sync verify shop --mode=sa") == ["sample"]
    assert complete("rds-sync completion ") == ["bash", "zsh"]


def test_names_of_tasks_and_keys(program, complete):
    for name in ("shop", "ledger"):
        program.run("task", "new", "--flow=mysql-to-mysql", "--set", f"task.name={name}").succeeded()
    assert sorted(complete("rds-sync pause ")) == ["ledger", "shop"]
    assert complete("rds-sync event show sh") == ["shop"]
    assert complete("rds-sync task set shop sync.full=") == ["yes", "no"]
    assert complete("rds-sync task set shop source.ho") == ["source.host="]
    keys = complete("rds-sync task set shop ")
    assert "objects.rename.1=" in keys and not any("password=" in key and "password_" not in key for key in keys)


def test_every_command_is_known_to_both(program):
    listed = program.run("--help").succeeded().out
    names = [line.split("rds-sync ")[1].split("  ")[0].split() for line in listed.splitlines() if line.startswith("  rds-sync ")]
    for shell in ("bash", "zsh"):
        script = program.run("completion", shell).succeeded().out
        for words in names:
            assert words[0] in script, (shell, words)
    assert program.run("completion", "fish").exited(2).err


@pytest.mark.skipif(not shutil.which("zsh"), reason="there is no zsh")
def test_zsh_reads_its_script(program):
    script = program.home / "_rds-sync"
    script.write_text(program.run("completion", "zsh").succeeded().out, encoding="utf-8")
    subprocess.run(["zsh", "-n", str(script)], check=True, timeout=60)


@pytest.mark.parametrize("whose, wanted_by", (("system", "multi-user.target"), ("user", "default.target")))
def test_the_unit_runs_a_task(binary, whose, wanted_by):
    unit = pathlib.Path(binary).parent / "src/install" / whose / "rds-sync@.service"
    if not unit.exists():
        pytest.skip("the program is not where it was built")
    settings = dict(line.split("=", 1) for line in unit.read_text(encoding="utf-8").splitlines() if "=" in line and line[0] != "#")
    assert settings["ExecStart"].startswith("/") and settings["ExecStart"].endswith("/rds-sync run %i")
    assert settings["WantedBy"] == wanted_by and "@" not in "".join(settings.values())
    assert settings["Restart"] == "on-failure" and settings["RestartPreventExitStatus"] == "1 2"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd")
@pytest.mark.parametrize("whose", ("system", "user"))
def test_systemd_finds_no_fault_with_the_unit(binary, whose, tmp_path):
    """It looks whether all keys are known and the program is there; nothing is started."""
    unit = pathlib.Path(binary).parent / "src/install" / whose / "rds-sync@.service"
    if not unit.exists():
        pytest.skip("the program is not where it was built")
    text = re.sub("^ExecStart=[^ ]*", f"ExecStart={binary}", unit.read_text(encoding="utf-8"), flags=re.MULTILINE)
    (tmp_path / "rds-sync@.service").write_text(text, encoding="utf-8")
    done = subprocess.run(["systemd-analyze", f"--{whose}", "--man=no", "verify", str(tmp_path / "rds-sync@shop.service")], check=False,
                          env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)}, timeout=60, capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
