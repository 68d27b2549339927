"""OHIF (the prebuilt @ohif/app) on loopback, whose data source is one DICOMweb server."""
import http.server
import json
import pathlib
import threading

from npm_packages import OHIF, unpacked

TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".wasm": "application/wasm", ".json": "application/json",
         ".svg": "image/svg+xml", ".png": "image/png"}


def configuration(root):
    source = {"friendlyName": "dcmfs", "name": "dcmfs", "qidoRoot": root, "wadoRoot": root, "wadoUriRoot": root.replace("/dicom-web", "/wado"),
              "qidoSupportsIncludeField": True, "imageRendering": "wadors", "thumbnailRendering": "wadors", "enableStudyLazyLoad": True,
              "supportsFuzzyMatching": True, "supportsWildcard": True, "dicomUploadEnabled": True, "omitQuotationForMultipartRequest": True,
              "bulkDataURI": {"enabled": True}}
    config = {"routerBasename": "/", "extensions": [], "modes": [], "showStudyList": True, "maxNumberOfWebWorkers": 2,
              "showWarningMessageForCrossOrigin": False, "showCPUFallbackMessage": False, "strictZSpacingForVolumeViewport": True,
              "investigationalUseDialog": {"option": "never"}, "defaultDataSourceName": "dicomweb",
              "dataSources": [{"namespace": "@ohif/extension-default.dataSourcesModule.dicomweb", "sourceName": "dicomweb",
                               "configuration": source}]}
    return "window.config = " + json.dumps(config) + ";"


class Site:
    """Serves from its construction on, or from serve(), as soon as the root of the DICOMweb server is known."""

    def __init__(self):
        files = unpacked(*OHIF) / "dist"
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                path = files / self.path.split("?")[0].lstrip("/")
                if self.path.startswith("/app-config.js"):
                    body, kind = configuration(site.root).encode(), "text/javascript"
                else:
                    # A single page: what is no file is a place in it.
                    path = path if path.is_file() and path.resolve().is_relative_to(files.resolve()) else files / "index.html"
                    body, kind = path.read_bytes(), TYPES.get(pathlib.Path(path).suffix, "application/octet-stream")
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                # For SharedArrayBuffer, in which volumes are.
                self.send_header("Cross-Origin-Opener-Policy", "same-origin")
                self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.root = None
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
