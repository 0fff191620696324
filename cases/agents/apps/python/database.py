"""A stand-in for MySQL: enough of its protocol for a real driver to log in and run statements.

Every statement is answered with OK; `SLEEP(seconds)` in it delays the answer, as the server
function does. Nothing is stored.
"""

import os
import re
import socketserver
import struct
import time

OK = b'\x00\x00\x00\x02\x00\x00\x00'
COM_QUIT = 0x01
# PROTOCOL_41, SECURE_CONNECTION, PLUGIN_AUTH, CONNECT_WITH_DB, TRANSACTIONS.
CAPABILITIES = 0x0008_A208
UTF8MB4 = 45
SLEEP = re.compile(rb'SLEEP\((\d+(?:\.\d+)?)\)')


def greeting():
    """Handshake v10 offering mysql_native_password; the scramble is fixed, no password is checked."""
    low, high = CAPABILITIES & 0xFFFF, CAPABILITIES >> 16
    return (b'\x0a' + b'8.0.0-stand-in\x00' + struct.pack('<I', 1) + b'12345678\x00'
            + struct.pack('<HBHHB', low, UTF8MB4, 2, high, 21) + bytes(10)
            + b'123456789012\x00' + b'mysql_native_password\x00')


class Session(socketserver.StreamRequestHandler):
    """One client connection: greeting, login, then commands until it quits."""

    def send(self, sequence, payload):
        self.wfile.write(struct.pack('<I', len(payload))[:3] + bytes([sequence]) + payload)

    def receive(self):
        head = self.rfile.read(4)
        if len(head) < 4:
            return None, b''
        return head[3], self.rfile.read(int.from_bytes(head[:3], 'little'))

    def handle(self):
        self.send(0, greeting())
        sequence, _ = self.receive()
        if sequence is None:
            return
        self.send(sequence + 1, OK)
        while True:
            sequence, command = self.receive()
            if sequence is None or command[:1] == bytes([COM_QUIT]):
                return
            delay = SLEEP.search(command)
            if delay:
                time.sleep(float(delay.group(1)))
            self.send(sequence + 1, OK)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


with Server(('127.0.0.1', int(os.environ['PORT'])), Session) as server:
    server.serve_forever()
