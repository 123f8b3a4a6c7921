"""A network that fails: a TCP proxy between the program and a server, which cuts, slows, delays and swallows.

It stands where a server stands in a task file (it has a host and a port); tests talk to the server itself beside it.
"""

import ctypes
import socket
import struct
import threading
import time

ATTACH_FILTER, DETACH_FILTER = 26, 27       # SO_ATTACH_FILTER, SO_DETACH_FILTER
DROP_ALL = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))      # BPF: return 0
PIECE = 65536


def _swallow(sock):
    """The kernel drops whatever arrives, also what it would itself answer: no packet comes back, and no reset."""
    sock.setsockopt(socket.SOL_SOCKET, ATTACH_FILTER, struct.pack("HxxxxxxP", 1, ctypes.addressof(DROP_ALL)))


def _stop_repeating(sock):
    """What was sent and not acknowledged is not sent again, which would look like life at the other end: the kernel
    forgets the connection, without a word, and what still comes for it meets the listener, which drops it."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1)


class _Link:
    """One connection of the program, and that to the server which belongs to it."""

    def __init__(self, proxy, client):
        self.proxy = proxy
        self.client = client
        self.server = socket.create_connection(proxy.target)
        self._ends = threading.Semaphore(1) # whoever does not get it is the last to go
        for sock in (self.client, self.server):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._threads = [threading.Thread(target=self._pump, args=ends, daemon=True)
                         for ends in ((self.client, self.server, True), (self.server, self.client, False))]
        for thread in self._threads:
            thread.start()

    def _pump(self, source, drain, from_program):
        try:
            while piece := source.recv(PIECE):
                self.proxy.wait(len(piece))
                if not from_program or not self.proxy.look(self, piece):
                    drain.sendall(piece)
        except OSError:
            pass
        self.close()

    def reset(self):
        """End it without a goodbye: whoever writes or reads next learns it."""
        for sock in (self.client, self.server):
            try:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                sock.shutdown(socket.SHUT_RD)       # wakes who reads
            except OSError:
                pass
            sock.close()

    def answer_error(self, piece, code, text):
        """Tell the program that what it sent in PIECE, a packet of MySQL's, is refused; code 0: by ending the connection."""
        if code == 0:
            self.reset()
            return
        packet = b"\xff" + struct.pack("<H", code) + b"#HY000" + text
        self.client.sendall(struct.pack("<I", len(packet))[:3] + bytes([piece[3] + 1]) + packet)

    def lose_client(self):
        """End the program's end alone. The server's, which it is the caller's to close, knows nothing of it."""
        server, self.server = self.server, socket.socket()
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.client.close()
        return server

    def close(self):
        """What was not read by then is not read any more, which tells whoever sent it."""
        for sock in (self.client, self.server):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        if not self._ends.acquire(blocking=False):      # pylint: disable=consider-using-with
            self.proxy.forget(self)
            self.client.close()
            self.server.close()


class Proxy:
    """Forwards connections to SERVER until told to do otherwise. Takes the place of a server in rds.Program.task()."""

    def __init__(self, server):
        self.target = (server.host, server.port)
        self.dark = False
        self.refusing = False               # connections end as soon as they are made
        self.links = []
        self.connections = 0                # so many came
        self._rate = self._delay = 0
        self._trap = None
        self._refuses = self._refusal = None
        self.refused = 0                    # so many pieces of the program's
        self._caught = threading.Event()
        self._lock = threading.Lock()
        self._lit = threading.Event()
        self._lit.set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.host, self.port = self._listener.getsockname()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            if self.refusing:
                client.close()
                continue
            try:
                link = _Link(self, client)
            except OSError:
                client.close()
                continue
            with self._lock:
                self.links.append(link)
            if self.refusing:               # since it was let in
                self.cut()

    def wait(self, size):
        """Called before SIZE bytes go on."""
        self._lit.wait()
        if self._rate or self._delay:
            time.sleep(self._delay + (size / self._rate if self._rate else 0))

    def look(self, link, piece):
        """Whether the piece is caught, and goes no further."""
        if self._refuses is not None and self._refuses(piece):
            self.refused += 1
            link.answer_error(piece, *self._refusal)
            return True
        with self._lock:
            trap = self._trap
            if trap is None or trap[0] not in piece:
                return False
            self._trap = None
        trap[1](link, piece)
        self._caught.set()
        return True

    def forget(self, link):
        with self._lock:
            if link in self.links:
                self.links.remove(link)

    # ---- faults

    def slow(self, rate=0, delay=0.0):
        """So many bytes a second, each piece late by so many seconds; without both: as fast as it can."""
        self._rate, self._delay = rate, delay

    def cut(self):
        """End all connections, toward both ends, without a goodbye."""
        with self._lock:
            links, self.links = self.links, []
        for link in links:
            link.reset()

    def refuse(self):
        """As cut(), and nobody comes in until admit()."""
        self.refusing = True
        self.cut()

    def admit(self):
        self.refusing = False

    def swallow(self):
        """A black hole: from now on no packet passes or is answered, nobody is told, and new connections are not made."""
        self.dark = True
        self._lit.clear()
        _swallow(self._listener)
        with self._lock:
            for link in self.links:
                _swallow(link.client)
                _stop_repeating(link.client)

    def restore(self):
        """What was open before is gone for good, as behind a firewall that forgot it."""
        self._listener.setsockopt(socket.SOL_SOCKET, DETACH_FILTER, struct.pack("i", 0))
        self.dark = False
        self.cut()
        self._lit.set()

    def trap(self, text, action):
        """Call ACTION(link, piece) in place of forwarding, once, when the program sends TEXT."""
        self._caught.clear()
        with self._lock:
            self._trap = (text, action)
        return self._caught

    def refuse_packets(self, which, code, text=b"refused"):
        """Answer packets of the program's for which WHICH(bytes) is true with an error, as proxies do."""
        self._refusal = (code, text)
        self._refuses = which

    def close(self):
        self._listener.close()
        self._lit.set()
        self.cut()
