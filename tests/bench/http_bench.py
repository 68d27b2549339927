"""What tests/bench/rest and tests/bench/dicomweb have in common: dcmfs and Debian's Orthanc as HTTP servers, asked in turn."""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.setdefault("DCMFS_BIN", str(ROOT / "build" / "tools")))
sys.path[:0] = [str(ROOT / "tests" / name) for name in ("interop", "mount")]
import bench_table  # noqa: E402
import many_studies  # noqa: E402
import nginx_server  # noqa: E402
import rest_peers  # noqa: E402

CLIENT = BIN.parent / "tests" / "rest_client"
SIZES = {"CT": "512x512", "small": "64x64"}


class HttpBench:
    orthanc_settings = {}

    def __init__(self, args, folder):
        self.args, self.folder = args, folder
        self.made = 0
        self.running = {}

    # -- what is needed
    def fresh(self):
        """A new folder. Nothing is removed before the end: ext4 goes out of its way not to use the inodes of what was."""
        self.made += 1
        folder = self.folder / str(self.made)
        folder.mkdir()
        return folder

    def phantom(self, kind, count):
        folder = self.folder / f"{kind}-{count}"
        if not folder.exists():
            subprocess.run([BIN / "dcmfs-phantom", "--quiet", "--patients", "1", "--studies", "1", "--series", "1",
                            "--modality", "CT", "--instances", str(count), "--size", SIZES[kind], folder], check=True)
        return folder

    def client(self, verb, port, connections, *words):
        """(milliseconds of a request, requests a second, MB/s)"""
        done = subprocess.run([CLIENT, verb, str(port), str(connections), *map(str, words)], check=True, stdout=subprocess.PIPE, text=True)
        return [float(word) for word in done.stdout.split()]

    def server(self, name, folder):
        if name != "Orthanc":
            return rest_peers.RestDaemon(folder, HttpProxySecret=nginx_server.SECRET).start()
        orthanc = rest_peers.RestOrthanc(folder)
        orthanc.settings.update(self.orthanc_settings)
        return orthanc.start()

    def servers(self):
        folder = self.fresh()
        return {name: self.server(name, folder) for name in ("dcmfs", "Orthanc")}

    def kept(self, name, fill):
        """Both servers with what fill(server) put into each; for all rows that ask for the name."""
        if name not in self.running:
            self.running[name] = self.servers()
            for server in self.running[name].values():
                fill(server)
        return self.running[name]

    def many(self):
        def fill(server):
            source = self.folder / "many"
            files = sorted(source.iterdir()) if source.exists() else many_studies.write(source)
            with ThreadPoolExecutor(4) as pool:
                list(pool.map(lambda path: server.upload([path]), files))
        return self.kept("many", fill)

    def ct(self):
        files = self.phantom("CT", self.args.slices)
        return self.kept("ct", lambda server: server.upload(sorted(files.rglob("*.dcm"))))

    def with_new(self, name, work):
        """What work(port) answers of an empty dcmfs, Orthanc, or dcmfs behind nginx with TLS."""
        folder = self.fresh()
        server, nginx = self.server(name, folder), None
        try:
            if name == "nginx":
                nginx = nginx_server.NginxServer(folder, server.http, server.folder / "store").start()
            return work(f"{nginx.port}/tls" if nginx else server.http)
        finally:
            if nginx:
                nginx.stop()
            server.stop()

    def stop(self, name=None):
        for key in [name] if name else list(self.running):
            for server in self.running.pop(key, {}).values():
                server.stop()

    # -- rows of the table
    def print_row(self, work, unit, ours, theirs, goal, yardstick="Orthanc"):
        bench_table.print_row(work, unit, ours, theirs, yardstick, goal)

    def ask(self, work, servers, path, goal, body=None, count=20, connections=1, unit="ms", headers=()):
        """The same request to both; `path` may be a function of the server."""
        values = {"dcmfs": [], "Orthanc": []}
        for _ in range(self.args.times):
            for name, server in servers.items():
                words = ["POST" if body else "GET", path(server) if callable(path) else path]
                if body:
                    sent = self.folder / "body.json"
                    sent.write_text(json.dumps(body))
                    words.append(sent)
                words += headers
                took, rate, mb = self.client("repeat", server.http, connections, count, *words)
                values[name].append({"ms": took, "/s": rate, "MB/s": mb}[unit])
        self.print_row(work, unit, values["dcmfs"], values["Orthanc"], goal)


def run(description, make_bench, rows):
    """The program: `rows` are functions of the bench, by the word that asks for them."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", default=None)
    parser.add_argument("--keep", action="store_true", help="leave what was made: after many removals ext4 is slow for minutes")
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--slices", type=int, default=300)
    parser.add_argument("--rows", default=",".join(rows), help="of " + ", ".join(rows))
    args = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="dcmfs-bench-", dir=args.folder))
    bench = make_bench(args, folder)
    try:
        bench_table.print_header(args.times)
        for row in args.rows.split(","):
            rows[row](bench)
    finally:
        bench.stop()
        if not args.keep:
            shutil.rmtree(folder, ignore_errors=True)
