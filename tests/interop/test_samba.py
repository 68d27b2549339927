"""The mount as a share of Samba, on loopback: smbclient gets, lists and drops."""
import os
import pathlib
import re
import socket
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "mount"))
from mounted import MountTest, clip, need, run, small, wait_until  # noqa: E402

CONFIGURATION = """
[global]
  server role = standalone server
  interfaces = 127.0.0.1
  bind interfaces only = yes
  smb ports = {port}
  disable netbios = yes
  load printers = no
  printcap name = /dev/null
  map to guest = bad user
  guest account = root
  {folders}
  log file = {folder}/log
  log level = 1
[dicom]
  path = {mount}
  guest ok = yes
  force user = root
  read only = no
"""
FOLDERS = ("private dir", "lock directory", "state directory", "cache directory", "pid directory", "ncalrpc dir")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Samba(MountTest):
    def setUp(self):
        if os.geteuid() != 0:
            self.skipTest("smbd is started by root")
        need("smbd", "smbclient")
        super().setUp()
        self.files = small(self.source, 4)
        clip(self.files[3])
        run("cp", *self.files, self.mount.incoming())
        (self.series,) = {p.parent for p in self.mount.files()}
        self.start_smbd()

    def start_smbd(self):
        folder = self.folder / "samba"
        folder.mkdir()
        lines = []
        for name in FOLDERS:
            (folder / name).mkdir(mode=0o755)
            lines.append(f"{name} = {folder / name}")
        self.port = free_port()
        self.configuration = folder / "smb.conf"
        self.configuration.write_text(CONFIGURATION.format(port=self.port, folder=folder, mount=self.mount.path,
                                                           folders="\n  ".join(lines)))
        with open(folder / "out", "w") as out:
            # In a session that it makes for itself, and ends as a whole.
            smbd = subprocess.Popen(["/usr/sbin/smbd", "--foreground", "-s", self.configuration],
                                    stdin=subprocess.DEVNULL, stdout=out, stderr=out)

        def stop():
            smbd.terminate()
            smbd.wait(30)
        self.addCleanup(stop)

        def answers():
            with socket.socket() as s:
                return smbd.poll() is not None or s.connect_ex(("127.0.0.1", self.port)) == 0
        self.assertTrue(wait_until(answers, 30))
        if smbd.poll() is not None:
            raise AssertionError("smbd ended: " + (folder / "out").read_text() + (folder / "log").read_text())

    def smb(self, *commands, check=True):
        """What smbclient says; exit code 1 if its last command failed."""
        return run("smbclient", "-N", "-s", self.configuration, "-p", self.port, "//127.0.0.1/dicom", "-c",
                   "; ".join(commands), check=check, cwd=self.folder)

    def remote(self, path):
        return str(pathlib.Path(path).relative_to(self.mount.path)).replace("/", "\\")

    def listed(self, folder):
        """Names and sizes as `dir` has them."""
        said = self.smb(f'cd "{self.remote(folder)}"', "dir").stdout
        found = re.findall(r"^  (.+?)\s+([A-Z]*)\s+(\d+)  \w{3} \w{3} ", said, re.MULTILINE)
        return {name: int(size) for name, _, size in found if name not in (".", "..")}

    def test_dir_has_names_and_sizes(self):
        self.assertEqual(set(os.listdir(self.mount.path)), set(self.listed(self.mount.path)))
        wanted = {p.name: p.stat().st_size for p in self.series.iterdir() if p.is_file()}
        wanted["0004.frames"] = 0
        self.assertEqual(wanted, self.listed(self.series))

    def test_get_gives_the_bytes(self):
        for name in ("0001.dcm", "0001.json", "0001.png", "series.json"):
            path = self.series / name
            self.smb(f'get "{self.remote(path)}" {name}')
            self.assertEqual(path.read_bytes(), (self.folder / name).read_bytes(), name)

    def test_a_recursive_mget_gives_the_tree(self):
        out = self.folder / "out"
        out.mkdir()
        self.smb("recurse on", "prompt off", f"lcd {out}", "mget patients")
        for folder, _, names in os.walk(self.mount.path / "patients"):
            for name in names:
                path = pathlib.Path(folder, name)
                copy = out / path.relative_to(self.mount.path)
                self.assertEqual(path.read_bytes(), copy.read_bytes(), path)
        self.assertGreater(len(list(out.rglob("*.dcm"))), 3)

    def test_links_of_the_views_are_followed(self):
        link = next((self.mount.path / "instances").iterdir())
        self.smb(f'get "{self.remote(link)}" linked.dcm')
        self.assertEqual(link.read_bytes(), (self.folder / "linked.dcm").read_bytes())

    def test_put_into_incoming_stores(self):
        new = small(self.folder / "new", 2, "--seed", "8")
        self.smb(*[f'put "{f}" incoming\\{n}.dcm' for n, f in enumerate(new)])
        self.assert_stored(self.files + new)
        # Windows' names do not care for case.
        self.assertEqual({"0.dcm", "1.dcm", "report.jsonl"},
                         {n for n in self.listed(self.mount.incoming()) if n not in {f.name for f in self.files}})

    def test_a_folder_put_into_incoming(self):
        new = small(self.folder / "new", 3, "--seed", "8")
        self.smb("recurse on", "prompt off", f"lcd {self.folder / 'new'}", "cd incoming", "mput *")
        self.assert_stored(self.files + new)

    def test_a_broken_file_is_refused_and_smbclient_says_so(self):
        junk = self.folder / "junk.dcm"
        junk.write_bytes(b"this is not DICOM" * 50)
        done = self.smb(f'put "{junk}" incoming\\junk.dcm', check=False)
        self.assertEqual(1, done.returncode, done.stdout + done.stderr)
        self.assertIn("NT_STATUS_INVALID_PARAMETER", done.stdout + done.stderr)
        self.assertEqual(junk.read_bytes(), (self.mount.path / "rejected" / "junk.dcm").read_bytes())
        self.assert_stored(self.files)

    def test_nothing_is_written_or_removed_elsewhere(self):
        dcm = self.series / "0001.dcm"
        for command in (f'put "{self.files[0]}" patients\\x.dcm', f'del "{self.remote(dcm)}"', "mkdir studies\\x",
                        f'rename "{self.remote(dcm)}" "incoming\\y.dcm"'):
            with self.subTest(command=command):
                said = self.smb(command, check=False)
                self.assertIn("NT_STATUS_", said.stdout + said.stderr)
        self.assert_stored(self.files)


if __name__ == "__main__":
    unittest.main()
