#!/usr/bin/env python3
"""Serves the folder public/ beside this file, and /health. Standard library only; settings.json says where to listen."""

import functools
import http.server
import json
import os
import pathlib
import signal
import socket
import sys

HERE = pathlib.Path(__file__).resolve().parent


class Handler(http.server.SimpleHTTPRequestHandler):
    server_version = "status-page"
    sys_version = ""
    timeout = 30

    def do_GET(self):
        if self.path == "/health":
            self.answer(200, json.dumps({"service": "status-page", "status": "ok", "pid": os.getpid()}), "application/json")
        else:
            super().do_GET()

    def list_directory(self, path):
        self.send_error(404)

    def answer(self, status, text, content_type):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def end_headers(self):
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def log_message(self, *_):
        """Requests are not logged: the folder stays as it is, and so does its backup."""


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, bind, port, handler):
        self.address_family = socket.AF_INET6 if ":" in bind else socket.AF_INET
        super().__init__((bind, port), handler)

    def server_bind(self):
        # Without the base class's look-up of our own name, which can take seconds.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = self.socket.getsockname()[:2]


def main():
    settings = json.loads((HERE / "settings.json").read_text(encoding="utf-8"))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    handler = functools.partial(Handler, directory=str(HERE / "public"))
    try:
        server = Server(settings["bind"], settings["port"], handler)
    except OSError as error:
        sys.exit("cannot listen on %s port %s: %s" % (settings["bind"], settings["port"], error.strerror))
    with server:
        server.serve_forever()


if __name__ == "__main__":
    main()
