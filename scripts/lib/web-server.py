# SPDX-License-Identifier: BSD-2-Clause
"""A web server whose answers are always the same: web-server.py [PORT] [ADDRESS]."""
import http.server
import socket
import sys

PAGE = b"<!doctype html><title>mos</title><p>A small page.\n"
DATA = b"".join(b"%05d the quick brown fox\n" % line for line in range(700))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "example"
    sys_version = ""
    wbufsize = -1  # one write for headers and body, as servers do

    def date_time_string(self, timestamp=None):
        return "Thu, 01 Jan 2026 00:00:00 GMT"

    def answer(self, status, body, kind="text/plain"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self):
        path = self.path.split("?")[0]
        if path == "/":
            self.answer(200, PAGE, "text/html")
        elif path.startswith("/data"):
            self.answer(200, DATA)
        elif path.startswith("/item/"):
            self.answer(200, path.encode() + b"\n")
        elif path == "/chunked":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for part in (PAGE, DATA[:3000], b""):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        else:
            self.answer(404, b"no such page\n")

    do_HEAD = do_GET

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.answer(201, body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass  # a client that breaks off is meant to


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 80
    address = sys.argv[2] if len(sys.argv) > 2 else "10.0.0.2"
    if ":" in address:
        Server.address_family = socket.AF_INET6
    Server((address, port), Handler).serve_forever()
