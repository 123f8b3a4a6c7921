"""A schema registry (servers.Registry) as tests see it, and a gate before it that asks for an account, encrypts, and fails as a
registry fails: the registry itself has accounts only with a service for logins beside it."""

import base64
import http.client
import http.server
import json
import ssl
import threading
import urllib.error
import urllib.parse
import urllib.request

import rds
import servers

MEDIA_TYPE = "application/vnd.schemaregistry.v1+json"


class Client:
    """What is asked of the registry by its documented API, past the program."""

    def __init__(self, registry):
        self.url = registry.url

    def _ask(self, method, path, body=None):
        request = urllib.request.Request(self.url + path, method=method, headers={"Content-Type": MEDIA_TYPE},
                                         data=None if body is None else json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=rds.SECONDS) as answer:
            return json.load(answer)

    def schema(self, number):
        """The text of the schema with that id."""
        return self._ask("GET", f"/schemas/ids/{number}")["schema"]

    def subjects(self):
        return set(self._ask("GET", "/subjects"))

    def register(self, subject, schema, compatibility=None):
        number = self._ask("POST", f"/subjects/{urllib.parse.quote(subject, safe='')}/versions", {"schema": schema})["id"]
        if compatibility:
            self._ask("PUT", f"/config/{urllib.parse.quote(subject, safe='')}", {"compatibility": compatibility})
        return number


class Gate:
    """Takes requests on a port of its own and hands them on; down: not before up(). account: "name:password" that is asked for.
    fail: statuses of the next answers, which are then its own. asked: (method, path) of all requests."""

    def __init__(self, registry, account=None, tls=False, down=False):
        self.account, self.fail, self.asked = account, [], []
        self.silent = threading.Event()         # while it is set, nothing is answered
        self._over = threading.Event()
        gate, there = self, urllib.parse.urlsplit(registry.url)

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):                                                                      # pylint: disable=invalid-name
                body = self.rfile.read(int(self.headers["Content-Length"]))
                gate.asked.append((self.command, self.path))
                while gate.silent.is_set() and not gate._over.wait(0.05):                       # pylint: disable=protected-access
                    pass
                if gate.account and self.headers["Authorization"] != "Basic " + base64.b64encode(gate.account.encode()).decode():
                    self._answer(401, b'{"error_code":40101,"message":"Unauthorized"}')
                elif gate.fail:
                    self._answer(gate.fail.pop(0), b'{"error_code":50001,"message":"Error in the backend data store"}')
                else:
                    onward = http.client.HTTPConnection(there.hostname, there.port, timeout=rds.SECONDS)
                    onward.request("POST", there.path + self.path, body, {"Content-Type": self.headers["Content-Type"]})
                    answer = onward.getresponse()
                    self._answer(answer.status, answer.read())
                    onward.close()

            def _answer(self, status, body):
                self.send_response(status)
                self.send_header("Content-Type", MEDIA_TYPE)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):                                                          # pylint: disable=arguments-differ
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                """Whoever hangs up is heard of no more."""

        self._server = Server(("127.0.0.1", 0), Handler, bind_and_activate=False)
        self._server.server_bind()              # the port is ours from here on, and refuses whoever comes
        if tls:
            made = servers.certificates()
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(made / "server-cert.pem", made / "server-key.pem")
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._server.server_address[1]}"
        self._thread = None
        if not down:
            self.up()

    def up(self):
        self._server.server_activate()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._over.set()
        if self._thread:
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
