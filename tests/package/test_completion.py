"""bash completion, asked as bash asks it, for every option that the programs have."""
import os
import pathlib
import pty
import re
import subprocess
import tempfile
import unittest

from debian_root import BIN, ROOT, run

LIBRARY = pathlib.Path("/usr/share/bash-completion/bash_completion")
SCRIPT = ROOT / "tools/system/bash-completion"
# Each line of the input is what somebody typed before TAB; answers a line with the replies, parted by tabs.
ASK = r"""
    source "$1"; source "$2"
    while IFS= read -r COMP_LINE; do
        COMP_POINT=${#COMP_LINE} COMP_TYPE=9 COMPREPLY=()
        # As readline does it: = is a word of its own.
        eval "COMP_WORDS=(${COMP_LINE//=/ = })"
        [[ $COMP_LINE == *[\ =] ]] && COMP_WORDS+=("")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _dcmfs "${COMP_WORDS[0]}" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}" 2>/dev/null
        (IFS=$'\t'; printf '%s\n' "${COMPREPLY[*]}")
    done
"""
PROGRAMS = ["dcmfs", "dcmfs-check", "dcmfs-echo", "dcmfs-find", "dcmfs-import", "dcmfs-passwd", "dcmfs-phantom", "dcmfs-send"]


def option_rows():
    """(flag, mount option, argument, what is expected) of the daemon's table of options."""
    for line in (ROOT / "tests/golden/options.txt").read_text().splitlines():
        _, flag, mount, argument, _, expected = line.split(" | ", 5)
        yield ["" if cell == "-" else cell for cell in (flag, mount, argument, expected)]


def words_of(expected):
    """The words of "full or relaxed" and of "A", "B" or "C"; nothing of other rules."""
    if re.fullmatch(r'"\w+"(, "\w+")* or "\w+"', expected) or re.fullmatch(r"(?!true)\w+ or \w+", expected):
        return {word for word in re.findall(r"\w+", expected) if word != "or"}
    return set()


class Completion(unittest.TestCase):
    def setUp(self):
        if not LIBRARY.exists():
            self.skipTest("bash-completion is not installed")
        temporary = tempfile.TemporaryDirectory(prefix="dcmfs-test-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        for name in ("store/", "scan.dcm", "my.json"):
            (self.folder / name).mkdir() if name.endswith("/") else (self.folder / name).touch()

    def ask(self, *typed):
        """The replies to each line."""
        done = subprocess.run(["bash", "--norc", "-c", ASK, "bash", LIBRARY, SCRIPT], cwd=self.folder, timeout=120,
                              input="".join(line + "\n" for line in typed), capture_output=True, text=True,
                              env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"})
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        answers = [set(filter(None, line.split("\t"))) for line in done.stdout.split("\n")[:-1]]
        self.assertEqual(len(typed), len(answers))
        return answers

    def reply(self, typed):
        return self.ask(typed)[0]

    def test_it_is_registered_for_every_program(self):
        for program in PROGRAMS:
            run("bash", "--norc", "-c", 'source "$1"; source "$2"; complete -p "$3"', "bash", LIBRARY, SCRIPT, program)

    def test_every_option_of_every_program(self):
        for program in PROGRAMS:
            told = set(re.findall(r"(?:^  |,)(--?[a-zA-Z][a-z-]*)", run(BIN / program, "--help").stdout, re.M))
            self.assertIn("--help", told)
            self.assertEqual(told, self.reply(f"{program} -"), program)

    def test_an_option_by_its_beginning(self):
        self.assertEqual({"--http-host", "--http-port"}, self.reply("dcmfs --ht"))

    def test_every_flag_of_the_table(self):
        flags = {name for flag, *_ in option_rows() for name in flag.split(",") if flag}
        self.assertLessEqual(flags, self.reply("dcmfs -"))

    def test_every_mount_option_of_the_table(self):
        told = run(BIN / "dcmfs", "--help").stdout
        shown = {mount + ("=" if argument else "") for _, mount, argument, _ in option_rows()
                 if mount and re.search(rf"^  {re.escape(mount)}[ =]", told, re.M)}
        self.assertIn("leaves=", shown)
        self.assertEqual(shown, self.reply("dcmfs -o "))
        self.assertEqual({"ro,allow_other"}, self.reply("dcmfs -o ro,all"))

    def test_every_value_of_the_table(self):
        asked = {}
        for flag, mount, _, expected in option_rows():
            if words_of(expected) and flag:
                asked[f"dcmfs {flag} "] = words_of(expected)
                asked[f"dcmfs {flag}="] = words_of(expected)
            if words_of(expected) and mount:
                asked[f"dcmfs -o {mount}="] = words_of(expected)
                asked[f"dcmfs -o ro,{mount}="] = words_of(expected)
        self.assertIn("dcmfs -o leaves=", asked)
        self.assertEqual(asked, dict(zip(asked, self.ask(*asked))))

    def test_a_value_goes_on_where_readline_has_cut(self):
        self.assertEqual({"dcm"}, self.reply("dcmfs -o ro,leaves=d"))
        self.assertEqual({"dcm,allow_other"}, self.reply("dcmfs -o leaves=dcm,allow_"))
        self.assertEqual({"dcm,durability="}, self.reply("dcmfs -o leaves=dcm,dur"))
        self.assertEqual({"relaxed"}, self.reply("dcmfs -o leaves=dcm,durability=r"))

    def test_values_of_the_tools(self):
        overwrite = next(words_of(expected) for *_, expected in option_rows() if "IfChanged" in expected)
        modalities = re.search(r"one of ([A-Z, ]+) \(", run(BIN / "dcmfs-phantom", "--help").stdout)[1]
        self.assertEqual([{"patient", "study", "series", "instance"}, overwrite, {"full", "relaxed"},
                          set(modalities.split(", ")), {"127.0.0.1", "0.0.0.0"}],
                         self.ask("dcmfs-find --level ", "dcmfs-import --overwrite ", "dcmfs-import --durability ",
                                  "dcmfs-phantom --modality ", "dcmfs --http-host "))

    def test_files_and_folders(self):
        self.assertEqual([{"my.json", "scan.dcm", "store"}, {"store"}, {"store"}, {"store", "scan.dcm", "my.json"}],
                         self.ask("dcmfs --config ", "dcmfs-check ", "dcmfs ", "dcmfs-import store "))

    def test_a_terminal_completes_what_is_typed(self):
        """bash itself at a terminal: TAB, then the line is made the argument of echo."""
        bash, terminal = pty.fork()
        if bash == 0:
            os.chdir(self.folder)
            os.environ.update(PATH=f"{BIN}:{os.environ['PATH']}", TERM="dumb", PS1="$ ", INPUTRC="/dev/null")
            os.execvp("bash", ["bash", "--norc", "-i"])
        said = b""
        try:
            os.write(terminal, f"source {LIBRARY}; source {SCRIPT}\n".encode())
            os.write(terminal, b"dcmfs-find --lev\tinst\t sto\t\x01echo GOT \n")
            os.write(terminal, b"dcmfs -o ro,lea\tdc\t sto\t\x01echo GOT \nexit\n")
            while chunk := os.read(terminal, 4096):
                said += chunk
        except OSError:
            pass  # the end of a terminal
        finally:
            os.waitpid(bash, 0)
            os.close(terminal)
        got = re.findall(r"^GOT (.*?)\s*$", said.decode(), re.M)
        self.assertEqual(["dcmfs-find --level instance store/", "dcmfs -o ro,leaves=dcm store/"], got, said)


if __name__ == "__main__":
    unittest.main()
