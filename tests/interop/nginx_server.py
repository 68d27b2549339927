"""Debian's nginx with the configuration that we ship, in front of a dcmfs on loopback."""
import os
import socket
import subprocess

from rest_server import free_port, run, wait_until
from mounted import ROOT

SECRET = "a long random text"  # what dcmfs.json must have as HttpProxySecret


class NginxServer:
    def __init__(self, folder, http_port, store, tls=True):
        self.folder, self.http_port, self.store, self.tls = folder, http_port, store, tls
        self.certificate = folder / "cert.pem"

    def start(self):
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost", "-keyout", self.folder / "key.pem", "-out", self.certificate)
        self.port = free_port()
        shipped = (ROOT / "tools/nginx/dcmfs.conf").read_text()
        for marked, ours in [("listen 443 ssl;", f"listen 127.0.0.1:{self.port}{' ssl' if self.tls else ''};"),
                             ("/etc/ssl/certs/dcmfs.pem", str(self.certificate)),
                             ("/etc/ssl/private/dcmfs.key", str(self.folder / "key.pem")),
                             ("server 127.0.0.1:8042;", f"server 127.0.0.1:{self.http_port};"),
                             ("/var/lib/dcmfs/", str(self.store) + "/")]:
            assert marked in shipped, marked
            shipped = shipped.replace(marked, ours)
        (self.folder / "dcmfs.conf").write_text(shipped)
        temps = "".join(f"{kind}_temp_path {self.folder}/{kind};\n" for kind in ("proxy", "fastcgi", "uwsgi", "scgi"))
        (self.folder / "nginx.conf").write_text(
            f"daemon off; user root; pid {self.folder}/nginx.pid; error_log {self.folder}/error.log warn;\n"
            f"events {{ worker_connections 4096; }}\nhttp {{ access_log off;\n{temps}include {self.folder}/dcmfs.conf; }}\n")
        path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
        self.process = subprocess.Popen(["nginx", "-c", self.folder / "nginx.conf", "-e", self.folder / "error.log"],
                                        stderr=subprocess.DEVNULL, env={**os.environ, "PATH": path})
        if not wait_until(self.listens, 20):
            self.stop()
            raise AssertionError((self.folder / "error.log").read_text())
        return self

    def listens(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def stop(self):
        self.process.terminate()
        self.process.wait(20)
