"""DICOM over TLS, in and out: DCMTK, openssl and Orthanc are the peers, and some that may not come in."""
import json
import pathlib
import socket
import subprocess
import tempfile
import unittest
import urllib.request

from dimse import read_file
from query_peers import BIN, OPEN, Daemon, Orthanc, free_port, is_listening

from mounted import need, run, small, wait_until  # noqa: I100 (query_peers finds it)

ANSWER_SECONDS_MAX = 60


def openssl(*arguments, **options):
    return run("openssl", *arguments, **options)


def value(file, attribute):
    return run("dcmdump", "+P", attribute, "-s", file).stdout.split("[")[1].split("]")[0]


class Certificates:
    """An authority, and nodes that it certifies: NAME.key and NAME.crt in a folder."""

    def __init__(self, folder):
        need("openssl")
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self.make_self("authority", "-addext", "basicConstraints=critical,CA:TRUE")

    def file(self, name):
        return self.folder / name

    def make_self(self, name, *options):
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-days", "2", *options,
                "-keyout", self.file(name + ".key"), "-out", self.file(name + ".crt"))
        return self

    def make(self, name):
        request = self.file(name + ".csr")
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", self.file(name + ".key"),
                "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.file("authority.crt"), "-CAkey", self.file("authority.key"),
                "-CAcreateserial", "-days", "2", "-out", self.file(name + ".crt"))
        return self

    def settings(self, name):
        """Of dcmfs, and of Orthanc: the names are the same."""
        return {"DicomTlsEnabled": True, "DicomTlsCertificate": str(self.file(name + ".crt")),
                "DicomTlsPrivateKey": str(self.file(name + ".key")),
                "DicomTlsTrustedCertificates": str(self.file("authority.crt"))}

    def of_dcmtk(self, name):
        return ["+tls", self.file(name + ".key"), self.file(name + ".crt"), "+cf", self.file("authority.crt")]


class TlsTest(unittest.TestCase):
    settings = {}

    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix="dcmfs-test-")
        cls.addClassCleanup(temporary.cleanup)
        cls.certificates = Certificates(pathlib.Path(temporary.name) / "certificates")
        for name in ("dcmfs", "peer"):
            cls.certificates.make(name)
        cls.certificates.make_self("stranger")

    def setUp(self):
        need("echoscu")
        temporary = tempfile.TemporaryDirectory(prefix="dcmfs-test-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def start(self, **settings):
        self.node = Daemon(self.folder, **{**self.certificates.settings("dcmfs"), **self.settings, **settings}).start()
        self.addCleanup(self.node.stop)
        return self.node

    def echo(self, *options, check=True):
        return run("echoscu", "-v", *options, "127.0.0.1", self.node.port, check=check)

    def assert_refused(self, *options):
        self.assertNotEqual(self.echo(*options, check=False).returncode, 0, options)

    def stored(self):
        return sorted(read_file(path).sop_instance for path in (self.node.store / "blobs").rglob("*.dcm"))

    def assert_stored(self, files):
        self.assertEqual(self.stored(), sorted(read_file(path).sop_instance for path in files))


class Incoming(TlsTest):
    def test_echoscu_with_a_certificate(self):
        self.start()
        self.echo(*self.certificates.of_dcmtk("peer"))

    def test_storescu(self):
        self.start()
        files = small(self.folder / "source", 20)
        run("storescu", *self.certificates.of_dcmtk("peer"), "127.0.0.1", self.node.port, *files)
        self.assert_stored(files)

    def test_who_has_no_certificate_or_a_wrong_one_is_refused(self):
        self.start()
        self.assert_refused("+tla", "-ic")
        self.assert_refused(*self.certificates.of_dcmtk("stranger"))
        self.assert_refused()  # no TLS at all
        self.echo(*self.certificates.of_dcmtk("peer"))
        self.assertIn("TLS: the peer has no certificate", self.node.log_text())
        self.assertIn("TLS: the peer's certificate is not trusted", self.node.log_text())

    def test_a_client_finds_out_that_we_are_not_who_it_trusts(self):
        self.start()
        stranger = self.certificates.file("stranger.crt")
        self.assert_refused(*self.certificates.of_dcmtk("peer")[:3], "+cf", stranger)

    def test_as_orthanc_says_it_false_is_optional(self):
        self.start(DicomTlsRemoteCertificateRequired=False)
        self.echo("+tla", "+cf", self.certificates.file("authority.crt"))
        self.echo(*self.certificates.of_dcmtk("peer"))
        self.assert_refused(*self.certificates.of_dcmtk("stranger"))

    def test_off(self):
        self.start(DicomTlsRemoteCertificateRequired="off", DicomTlsTrustedCertificates="")
        self.echo("+tla", "-ic")
        self.echo(*self.certificates.of_dcmtk("stranger"), "-ic")

    def client(self, *options):
        """What openssl says of the connection; a renegotiation is asked for, and none is to be had."""
        return openssl("s_client", "-connect", f"127.0.0.1:{self.node.port}", "-cert", self.certificates.file("peer.crt"),
                       "-key", self.certificates.file("peer.key"), "-CAfile", self.certificates.file("authority.crt"),
                       *options, check=False, stdin=subprocess.DEVNULL)

    def test_versions_and_suites_are_those_of_bcp_195(self):
        self.start()
        for options in (["-tls1_3"], ["-tls1_2"], ["-tls1_2", "-cipher", "ECDHE-RSA-AES256-GCM-SHA384"]):
            said = self.client(*options).stdout
            self.assertIn("Verify return code: 0 (ok)", said, options)
        for options in (["-tls1_1"], ["-tls1"], ["-tls1_2", "-cipher", "AES256-GCM-SHA384"],
                        ["-tls1_2", "-cipher", "ECDHE-RSA-AES256-SHA384"]):
            said = self.client(*options, "-cipher", "DEFAULT:@SECLEVEL=0") if len(options) == 1 else self.client(*options)
            self.assertNotEqual(said.returncode, 0, options)
            self.assertIn("Cipher is (NONE)", said.stdout, options)

    def test_tls_1_3_alone(self):
        self.start(DicomTlsMinimumProtocolVersion=5)
        self.assertIn("Verify return code: 0 (ok)", self.client("-tls1_3").stdout)
        self.assertIn("Cipher is (NONE)", self.client("-tls1_2").stdout)

    def test_who_never_ends_its_handshake_is_dropped_and_holds_nobody_up(self):
        self.start(DicomArtimTimeout=3, DicomThreadsCount=1)
        silent = [socket.create_connection(("127.0.0.1", self.node.port), ANSWER_SECONDS_MAX) for _ in range(60)]
        for number, each in enumerate(silent):
            each.sendall(b"\x16\x03\x01\x00\x40\x01" + bytes(0x3f if number % 2 else 10))
        self.echo(*self.certificates.of_dcmtk("peer"))
        for each in silent:
            try:
                while each.recv(4096):
                    pass
            except ConnectionError:
                pass
            each.close()


class Start(TlsTest):
    """What is wrong is said before anything is begun."""

    def why(self, **settings):
        store = self.folder / "store"
        store.mkdir(exist_ok=True)
        (store / "dcmfs.json").write_text(json.dumps({**self.certificates.settings("dcmfs"), **settings}))
        done = run(BIN / "dcmfs", "-f", "--no-mount", "--http-port", "0", "--dicom-port", free_port(), store, check=False)
        self.assertNotEqual(done.returncode, 0)
        return done.stderr

    def test_a_file_that_is_missing(self):
        self.assertRegex(self.why(DicomTlsCertificate="tls/node.crt"),
                         f"DicomTlsCertificate: cannot read {self.folder}/store/tls/node.crt: No such file")

    def test_a_key_of_another_certificate(self):
        self.assertRegex(self.why(DicomTlsPrivateKey=str(self.certificates.file("peer.key"))),
                         "DicomTlsPrivateKey: .*peer.key is not the key of the certificate in .*dcmfs.crt")

    def test_a_key_with_a_password(self):
        locked = self.folder / "locked.key"
        openssl("rsa", "-aes256", "-passout", "pass:secret", "-in", self.certificates.file("dcmfs.key"), "-out", locked)
        self.assertIn("without a password", self.why(DicomTlsPrivateKey=str(locked)))

    def test_what_is_left_out(self):
        self.assertIn("DicomTlsEnabled: expected DicomTlsCertificate and DicomTlsPrivateKey too",
                      self.why(DicomTlsCertificate="", DicomTlsPrivateKey=""))
        self.assertIn("DicomTlsTrustedCertificates: expected a file", self.why(DicomTlsTrustedCertificates=""))
        self.assertIn("DicomTlsMinimumProtocolVersion: expected 0 or 4", self.why(DicomTlsMinimumProtocolVersion=2))

    def test_paths_are_relative_to_the_store(self):
        folder = self.folder / "store" / "tls"
        folder.mkdir(parents=True)
        for name in ("dcmfs.crt", "dcmfs.key", "authority.crt"):
            (folder / name).write_bytes(self.certificates.file(name).read_bytes())
        self.start(DicomTlsCertificate="tls/dcmfs.crt", DicomTlsPrivateKey="tls/dcmfs.key",
                   DicomTlsTrustedCertificates="tls/authority.crt")
        self.echo(*self.certificates.of_dcmtk("peer"))


class Echo(TlsTest):
    """dcmfs-echo, by the command line and by the settings of a store"""

    def ask(self, *arguments):
        return run(BIN / "dcmfs-echo", *arguments, check=False)

    def own(self, name):
        return ["--tls-certificate", self.certificates.file(name + ".crt"), "--tls-key", self.certificates.file(name + ".key")]

    def test_by_its_options(self):
        place = f"127.0.0.1:{self.start().port}"
        trusted = ["--tls-trusted", self.certificates.file("authority.crt")]
        done = self.ask("--tls", *trusted, *self.own("peer"), place)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"answers: \d+ ms\n$")
        for wrong in ([place], ["--tls", *trusted, place], ["--tls", *trusted, *self.own("stranger"), place],
                      ["--tls", "--tls-trusted", self.certificates.file("stranger.crt"), *self.own("peer"), place]):
            self.assertEqual(self.ask(*wrong).returncode, 1, wrong)
        self.assertEqual(self.ask("--tls", "--tls-check", "off", *self.own("peer"), place).returncode, 0)
        for wrong, said in ((["--tls", place], "DicomTlsTrustedCertificates"), (["--tls", "--tls-check", "maybe", place], "--tls-check"),
                            (["--tls", "--tls-trusted", "/nowhere", place], "/nowhere")):
            done = self.ask(*wrong)
            self.assertEqual(done.returncode, 2, wrong)
            self.assertIn(said, done.stderr)

    def test_by_the_settings_of_a_store(self):
        port = self.start().port
        folder = self.folder / "other"
        folder.mkdir()
        other = Daemon(folder, **{**self.certificates.settings("peer"), "DicomTlsEnabled": False}, DicomModalities={
            "tls": {"AET": "DCMFS", "Host": "127.0.0.1", "Port": port, "UseDicomTls": True},
            "plain": {"AET": "DCMFS", "Host": "127.0.0.1", "Port": port}}).start()
        self.addCleanup(other.stop)
        self.assertEqual(self.ask("--store", other.store, "tls").returncode, 0)
        self.assertEqual(self.ask("--store", other.store, "plain").returncode, 1)
        self.assertEqual(self.ask("--store", other.store, "--tls", "plain").returncode, 0)


class Outgoing(TlsTest):
    """By C-MOVE: whoever asks, dcmfs connects to the destination."""
    settings = {"DicomTlsEnabled": False}

    def setUp(self):
        super().setUp()
        need("movescu", "storescp")
        self.files = small(self.folder / "source", 5)
        self.port = free_port()
        self.received = self.folder / "received"
        self.received.mkdir()

    def storescp(self, certificate, *options):
        process = subprocess.Popen(
            ["storescp", *map(str, self.certificates.of_dcmtk(certificate)), *options, "-od", self.received, str(self.port)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertTrue(wait_until(lambda: is_listening(self.port)))

    def move(self, **settings):
        self.start(DicomModalities={"there": {"AET": "THERE", "Host": "127.0.0.1", "Port": self.port,
                                              "UseDicomTls": True}}, **settings)
        run("storescu", "127.0.0.1", self.node.port, *self.files)
        run("movescu", "-S", "-aem", "THERE", "-k", "QueryRetrieveLevel=STUDY",
            "-k", "StudyInstanceUID=" + value(self.files[0], "StudyInstanceUID"), "127.0.0.1", self.node.port, check=False)
        return len(list(self.received.iterdir()))

    def test_to_storescp_that_asks_for_a_certificate(self):
        self.storescp("peer", "-rc")
        self.assertEqual(self.move(), len(self.files))

    def test_nothing_goes_to_a_node_that_is_not_trusted(self):
        self.storescp("stranger")
        self.assertEqual(self.move(), 0)

    def test_unless_nothing_is_checked(self):
        self.storescp("stranger", "-ic")
        self.assertEqual(self.move(DicomTlsRemoteCertificateRequired="off"), len(self.files))


class WithOrthanc(TlsTest):
    def setUp(self):
        super().setUp()
        need("Orthanc", "movescu")
        self.files = small(self.folder / "source", 5)
        self.orthanc = Orthanc(self.folder)

    def start_both(self, **settings):
        self.start(DicomModalities={"orthanc": {"AET": "ORTHANC", "Host": "127.0.0.1", "Port": self.orthanc.port,
                                                "UseDicomTls": True}}, **settings)
        self.orthanc.settings = {
            **self.certificates.settings("peer"), "DicomAlwaysAllowStore": True,
            "DicomModalities": {"dcmfs": {"AET": "DCMFS", "Host": "127.0.0.1", "Port": self.node.port, "UseDicomTls": True}}}
        self.orthanc.start()
        self.addCleanup(self.orthanc.stop)

    def ask(self, path, body=None):
        url = f"http://127.0.0.1:{self.orthanc.http}{path}"
        return json.load(urllib.request.urlopen(url, body, ANSWER_SECONDS_MAX))

    def test_it_sends(self):
        self.start_both()
        self.orthanc.load(self.files)
        answer = self.ask("/modalities/dcmfs/store", json.dumps(self.ask("/patients")).encode())
        self.assertEqual(answer["FailedInstancesCount"], 0)
        self.assert_stored(self.files)

    def test_it_receives(self):
        # movescu speaks no TLS: who asks comes without, and what it asks for goes with it.
        self.start_both(DicomTlsEnabled=False)
        run("storescu", "127.0.0.1", self.node.port, *self.files)
        run("movescu", "-S", "-aem", "ORTHANC", "-k", "QueryRetrieveLevel=STUDY",
            "-k", "StudyInstanceUID=" + value(self.files[0], "StudyInstanceUID"), "127.0.0.1", self.node.port)
        self.assertEqual(len(self.ask("/instances")), len(self.files))


if __name__ == "__main__":
    unittest.main()
