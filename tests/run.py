#!/usr/bin/env python3
"""Runs all tests and counts their cases.

    tests/run.py BUILD [SANITIZED_BUILD...]

* The test programs of each build, by ctest; the cases of GoogleTest are counted one by one. The sanitized
  builds are compiled meanwhile, whenever the tests of BUILD leave a processor idle, and come last.
* In the folders of tests/: test_*.py (unittest), each in a process of its own with a time limit, and
  any executable *.sh: one case, exit code 77 is a skip. One more at a time than there are processors. They
  find the programs of BUILD in DCMFS_BIN and the shared test data in DCMFS_SHARED.

What is slow runs if DCMFS_SLOW is set; what needs packages of npm, if its registry can be reached.

What a test keeps to be looked at, like screenshots, is in BUILD/artefacts/.

The last line is "N passed, N failed, N skipped"; the exit code is 0 if none failed.
"""
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import xml.etree.ElementTree

TESTS = pathlib.Path(__file__).resolve().parent
ROOT = TESTS.parent
FIRST = ["package", "soak"]  # wait for the network, and for minutes, while others work
FILE_SECONDS_MAX = 900
SOAK_SECONDS = 60 * float(os.environ.get("DCMFS_SOAK_MINUTES", "0"))
SKIPPED = 77  # as automake and ctest have it


class Count(collections.Counter):
    def add(self, result, name, why=""):
        self[result] += 1
        if result != "passed":
            print(f"{result}: {name}" + (f": {why}" if why else ""), flush=True)


def seconds_since(begin):
    return f"{time.monotonic() - begin:.1f} s"


def sanitizer_options():
    """Where the sanitizers find what is known and not ours. A problem that was found ends the program."""
    return {"TSAN_OPTIONS": f"suppressions={TESTS / 'tsan.supp'} halt_on_error=1 second_deadlock_stack=1",
            "LSAN_OPTIONS": f"suppressions={TESTS / 'lsan.supp'} print_suppressions=0",
            "UBSAN_OPTIONS": "print_stacktrace=1"}


def gtest_cases(report):
    for suite in json.loads(report.read_text())["testsuites"]:
        for case in suite["testsuite"]:
            if case.get("status") == "NOTRUN":
                continue  # DISABLED_
            name = f"{suite['name']}.{case['name']}"
            if case.get("failures"):
                yield "failed", name, ""
            elif case.get("result") == "SKIPPED":
                # GoogleTest writes the reason to its output only.
                yield "skipped", name, ""
            else:
                yield "passed", name, ""


def compile_idly(build):
    """(exit code, what it said)"""
    begin = time.monotonic()
    done = subprocess.run(["nice", "-n", "19", "cmake", "--build", build], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    print(f"== {build}: built in {seconds_since(begin)}", flush=True)
    return done.returncode, done.stdout[-10_000:]


def run_ctest(build, count):
    with tempfile.TemporaryDirectory() as folder:
        junit = pathlib.Path(folder) / "ctest.xml"
        environment = {**sanitizer_options(), **os.environ, "GTEST_OUTPUT": f"json:{folder}/", "GTEST_BRIEF": "1"}
        done = subprocess.run(
            ["ctest", "--test-dir", build, "--output-on-failure", "--output-junit", junit, "--timeout", "1200",
             "--parallel", str(2 * os.cpu_count())],  # they wait for the disk most of the time
            env=environment, stdin=subprocess.DEVNULL)
        if not junit.exists():
            count.add("failed", f"ctest in {build}", f"exit code {done.returncode}")
            return
        for test in xml.etree.ElementTree.parse(junit).getroot().iter("testcase"):
            name = f"{pathlib.Path(build).name}/{test.get('name')}"
            failed = test.get("status") == "fail"
            print(f"{name}: {float(test.get('time')):.1f} s", flush=True)
            report = pathlib.Path(folder) / f"{test.get('name')}_tests.json"
            if report.exists():
                cases = list(gtest_cases(report))
                for result, case, why in cases:
                    count.add(result, f"{name}: {case}", why)
                if failed and not any(result == "failed" for result, _, _ in cases):
                    count.add("failed", name, "all cases passed, but the program did not end well")
            elif test.get("status") in ("notrun", "disabled"):
                count.add("skipped", name)
            else:
                count.add("failed" if failed else "passed", name)


class Lines(unittest.TestResult):
    """One line per case on a descriptor: what the test prints cannot be taken for it."""

    def __init__(self, fd):
        super().__init__()
        self.fd = fd

    def say(self, result, test, why=""):
        os.write(self.fd, (json.dumps([result, str(test), why]) + "\n").encode())

    def addSuccess(self, test):
        self.say("passed", test)

    def addSkip(self, test, reason):
        self.say("skipped", test, reason)

    def addError(self, test, err):
        self.say("failed", test, self._exc_info_to_string(err, test))

    def addFailure(self, test, err):
        self.say("failed", test, self._exc_info_to_string(err, test))

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.say("failed", subtest, self._exc_info_to_string(err, subtest))

    def addExpectedFailure(self, test, err):
        self.say("skipped", test, "expected to fail")

    def addUnexpectedSuccess(self, test):
        self.say("failed", test, "expected to fail, and does not")


def run_one_file(file, fd):
    sys.path.insert(0, str(pathlib.Path(file).parent))
    name = pathlib.Path(file).stem
    result = Lines(fd)
    unittest.defaultTestLoader.loadTestsFromName(name).run(result)


def run_python(file, environment):
    """(result, name of the case, why) of each case."""
    name = file.relative_to(ROOT)
    read, write = os.pipe()
    child = subprocess.Popen([sys.executable, __file__, "--file", file, str(write)], pass_fds=[write],
                             env=environment, stdin=subprocess.DEVNULL, start_new_session=True)
    os.close(write)
    seconds_max = FILE_SECONDS_MAX + (2 * SOAK_SECONDS if file.parent.name == "soak" else 0)
    end = time.monotonic() + seconds_max
    os.set_blocking(read, False)
    text = b""
    while child.poll() is None and time.monotonic() < end:
        time.sleep(0.05)
        try:
            text += os.read(read, 1 << 20)
        except BlockingIOError:
            pass
    try:
        while more := os.read(read, 1 << 20):
            text += more
    except BlockingIOError:
        pass  # a daemon that a test left behind holds the other end
    os.close(read)
    for line in text.decode().splitlines():
        result, test, why = json.loads(line)
        yield result, f"{name}: {test}", why
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)  # with its daemons: a program may hang in a mount of theirs
        child.wait()
        yield "failed", name, f"longer than {seconds_max:.0f} s"
    elif child.returncode != 0:
        yield "failed", name, f"exit code {child.returncode}"


def run_script(file, environment):
    name = file.relative_to(ROOT)
    try:
        done = subprocess.run([file], env=environment, stdin=subprocess.DEVNULL, timeout=FILE_SECONDS_MAX,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    except subprocess.TimeoutExpired:
        yield "failed", name, f"longer than {FILE_SECONDS_MAX} s"
        return
    results = {0: "passed", SKIPPED: "skipped"}
    yield results.get(done.returncode, "failed"), name, done.stdout.strip()


def run_file(file, environment):
    begin = time.monotonic()
    run = run_script if file.suffix == ".sh" else run_python
    return list(run(file, environment)), seconds_since(begin)


def script_files():
    """test_*.py and executable *.sh, those of FIRST before the others."""
    files = [p for p in TESTS.glob("*/*")
             if re.fullmatch(r"test_\w+\.py", p.name) or p.suffix == ".sh" and os.access(p, os.X_OK)]
    return sorted(files, key=lambda p: (p.parent.name not in FIRST, p))


def run_programs(build, count):
    print(f"== {build}: test programs", flush=True)
    begin = time.monotonic()
    run_ctest(build, count)
    print(f"== {build}: {seconds_since(begin)}", flush=True)


def run_scripts(build, count):
    environment = {**os.environ, "DCMFS_BIN": str(pathlib.Path(build).resolve() / "tools"),
                   "DCMFS_SHARED": os.environ.get("DCMFS_SHARED", str(ROOT.parent / "shared"))}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() + 1) as workers:
        running = {workers.submit(run_file, file, environment): file for file in script_files()}
        for done in concurrent.futures.as_completed(running):
            cases, seconds = done.result()
            print(f"== {running[done].relative_to(ROOT)}: {len(cases)} cases, {seconds}", flush=True)
            for result, name, why in cases:
                count.add(result, name, why)


def main(build, sanitized_builds):
    count = Count()
    with concurrent.futures.ThreadPoolExecutor(1) as compiler:
        compiled = {other: compiler.submit(compile_idly, other) for other in sanitized_builds}
        run_programs(build, count)
        run_scripts(build, count)
        for other, built in compiled.items():
            exit_code, said = built.result()
            if exit_code != 0:
                count.add("failed", other, said)
            else:
                run_programs(other, count)
    print(f"{count['passed']} passed, {count['failed']} failed, {count['skipped']} skipped")
    return 1 if count["failed"] or not count["passed"] else 0


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] == "--file":
        run_one_file(sys.argv[2], int(sys.argv[3]))
    elif len(sys.argv) > 1:
        sys.exit(main(sys.argv[1], sys.argv[2:]))
    else:
        sys.exit(__doc__)
