"""A gRPC collector that keeps every message as it came: `python -m harness.sink PORT FOLDER`.

Runs in the Python agent's environment, which has grpcio. Every method is taken as a stream of
messages and answered with one empty `Commands`.
"""

import itertools
import signal
import sys
import threading
from concurrent import futures
from pathlib import Path

import grpc

# Agents keep their report streams open, each occupying one worker.
WORKERS = 64


class Keeper(grpc.GenericRpcHandler):
    """Writes message N of method M of service S to `N-S-M.bin`."""

    def __init__(self, folder):
        self.folder = folder
        self.numbers = itertools.count(1)

    def service(self, details):
        """Takes any method."""
        service, method = details.method.strip('/').split('/')[-2:]

        def keep(messages, _context):
            for message in messages:
                name = f'{next(self.numbers):05}-{service}-{method}.bin'
                part = self.folder / f'{name}.part'
                part.write_bytes(message)
                part.rename(self.folder / name)
            yield b''

        return grpc.stream_stream_rpc_method_handler(keep)


def main():
    port, folder = int(sys.argv[1]), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    server = grpc.server(futures.ThreadPoolExecutor(WORKERS), handlers=(Keeper(folder),))
    server.add_insecure_port(f'127.0.0.1:{port}')
    server.start()
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    ended.wait()
    server.stop(None)


if __name__ == '__main__':
    main()
