#!/usr/bin/env python3
"""Many clients do random commands, cut anywhere, and go away at every point; then the server is asked
whether it minded: it answers, it has no client too many, and it ends with success.

    tests/wire/soak.py build/asan/bin/tidemark-server [seconds] [seed]
"""

import os
import random
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time


def request(*args):
    parts = [b"*%d\r\n" % len(args)]
    for arg in args:
        arg = arg if isinstance(arg, bytes) else str(arg).encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(arg), arg))
    return b"".join(parts)


def random_command(rng):
    def key():
        return "key%d" % rng.randrange(2000)

    def user():
        return "user%d" % rng.randrange(300)

    def value():
        return os.urandom(rng.choice((1, 10, 100, 5000, 70000)))

    def keys():
        return [key() for _ in range(rng.randrange(1, 20))]

    def pairs():
        return [item for name in keys() for item in (name, "v")]

    return rng.choice((
        lambda: request("SET", key(), value()),
        lambda: request("GET", key()),
        lambda: request("APPEND", key(), "more"),
        lambda: request("MGET", *keys()),
        lambda: request("MSET", *pairs()),
        lambda: request("DEL", *keys()),
        lambda: request("EXPIRE", key(), rng.randrange(3)),
        lambda: request("RENAME", key(), key()),
        lambda: request("READSTATE.ACK", user(), rng.randrange(50), rng.randrange(1000)),
        lambda: request("READSTATE.GETALL", user()),
        lambda: request("READSTATE.FANOUT", 1, 5, 3, user(), user(), user()),
        lambda: request("READSTATE.EVICT", user(), user()),
        lambda: request("READSTATE.COMMIT", user()),
        lambda: request("SELECT", rng.randrange(4)),
        lambda: request("HELLO", rng.choice((2, 3))),
        lambda: request("CLIENT", "REPLY", rng.choice(("ON", "SKIP", "OFF"))),
        lambda: request("CLIENT", "PAUSE", 5, rng.choice(("ALL", "WRITE"))),
        lambda: request("CLIENT", "LIST"),
        lambda: request("CLIENT", "NO-TOUCH", "on"),
        lambda: request("INFO"),
        lambda: request("DBSIZE"),
        lambda: request("QUIT"),
        lambda: request("FLUSHALL") if rng.random() < 0.02 else request("PING"),
        lambda: b"PING\r\n",
        lambda: b"SET inline 'quoted value'\r\n",
        lambda: os.urandom(20) if rng.random() < 0.05 else b"\r\n",
    ))()


def one_connection(port, rng):
    with socket.create_connection(("127.0.0.1", port)) as sock:
        data = b"".join(random_command(rng) for _ in range(rng.choice((1, 5, 50, 300))))
        data = data[:rng.randrange(len(data) + 1)] if rng.random() < 0.3 else data
        sock.setblocking(False)
        reads = rng.random() < 0.8
        deadline = time.monotonic() + rng.random()
        while data and time.monotonic() < deadline:
            wanted = [sock] if reads else []
            readable, writable, _ = select.select(wanted, [sock], [], 0.1)
            if readable and not sock.recv(65536):
                return
            if writable:
                sent = sock.send(data[:rng.choice((1, 7, 100, 4096, 65536))])
                data = data[sent:]
        end = rng.randrange(3)
        if end == 0:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        elif end == 1:
            sock.shutdown(socket.SHUT_WR)
            sock.settimeout(0.5)
            while sock.recv(65536):
                pass


def be_clients(port, seed, deadline):
    rng = random.Random(seed)
    while time.monotonic() < deadline:
        try:
            one_connection(port, rng)
        except OSError:
            pass


def ask(port, *command):
    with socket.create_connection(("127.0.0.1", port), timeout=20) as sock:
        sock.sendall(request(*command) + request("QUIT"))
        answer = b""
        while chunk := sock.recv(65536):
            answer += chunk
        return answer.decode(errors="replace")


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def wait_until(what, holds):
    deadline = time.monotonic() + 30
    while not holds():
        if time.monotonic() > deadline:
            sys.exit("still not true: " + what)
        time.sleep(0.1)


def answers(port):
    try:
        return ask(port, "PING").startswith("+PONG")
    except OSError:
        return False


def main():
    binary = sys.argv[1]
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 60
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(1 << 30)
    print("seed", seed, flush=True)
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(
            [os.path.abspath(binary), "--port", str(port), "--cores", "4", "--dir", folder,
             "--maxmemory", "20mb", "--maxmemory-policy", "allkeys-lru", "--commit-delay", "50",
             "--client-output-buffer-limit", "normal", "4mb", "1mb", "1", "--loglevel", "warning"])
        try:
            wait_until("the server answers", lambda: answers(port))
            deadline = time.monotonic() + seconds
            threads = [threading.Thread(target=be_clients, args=(port, seed + i, deadline))
                       for i in range(24)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            wait_until("the server answers", lambda: answers(port))
            wait_until("nobody but the asker is connected",
                       lambda: "connected_clients:1\r\n" in ask(port, "INFO", "clients"))
            print(ask(port, "INFO", "memory").split("used_memory_human:")[1].split("\r\n")[0])
        finally:
            server.terminate()
            code = server.wait(60)
    sys.exit(code)


main()
