"""Servers to measure, each a child process pinned to one CPU in a folder of its own."""
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BIN = os.path.join(ROOT, "build", "release", "bin")


def tool(name):
    path = os.path.join(BIN, name)
    if not os.access(path, os.X_OK):
        raise SystemExit(f"{path} is not built; run ./dev build")
    return path


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def pin_prefix(cpu):
    """taskset where there are at least two CPUs; a single one is shared by force."""
    if cpu is None or (os.cpu_count() or 1) < 2 or not shutil.which("taskset"):
        return []
    return ["taskset", "-c", str(cpu)]


def process_rss(pid):
    """Resident bytes."""
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Server:
    """One server process; use as a context. `version` is what it says of itself."""

    def __init__(self, name, argv, cpu=0):
        self.name = name
        self.argv = argv
        self.cpu = cpu
        self.port = free_port()
        self.folder = None
        self.process = None

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="tidemark-bench-")
        argv = [word.format(port=self.port, dir=self.folder) for word in self.argv]
        self.log = open(os.path.join(self.folder, "log"), "wb")
        self.process = subprocess.Popen(pin_prefix(self.cpu) + argv, cwd=self.folder,
                                        stdout=self.log, stderr=subprocess.STDOUT)
        try:
            self.await_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def pid(self):
        return self.process.pid

    def await_ready(self):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                with open(os.path.join(self.folder, "log"), "rb") as log:
                    tail = log.read()[-2000:].decode(errors="replace")
                raise SystemExit(f"{self.name} ended at once:\n{tail}")
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise SystemExit(f"{self.name} does not listen on port {self.port}")

    def command(self, *words):
        """The reply to one command: str, int, None or list; an error reply raises."""
        with socket.create_connection(("127.0.0.1", self.port), 60) as connection:
            request = b"*%d\r\n" % len(words)
            for word in words:
                data = str(word).encode()
                request += b"$%d\r\n%s\r\n" % (len(data), data)
            connection.sendall(request)
            with connection.makefile("rb") as replies:
                return read_reply(replies)

    def info(self, *section):
        lines = self.command("INFO", *section).splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line and not line.startswith("#"))


def read_reply(replies):
    line = replies.readline()
    if not line.endswith(b"\r\n"):
        raise ConnectionError("the server closed the connection")
    kind, rest = line[:1], line[1:-2].decode()
    if kind == b"-":
        raise RuntimeError(rest)
    if kind == b":":
        return int(rest)
    if kind == b"$":
        if rest == "-1":
            return None
        return replies.read(int(rest) + 2)[:-2].decode(errors="replace")
    if kind == b"*":
        return None if rest == "-1" else [read_reply(replies) for _ in range(int(rest))]
    return rest


def tidemark(cpu=0, *options):
    return Server("tidemark", [tool("tidemark-server"), "--port", "{port}", "--bind", "127.0.0.1", "--cores", "1",
                               "--dir", "{dir}", "--store-path", "{dir}/store", "--save", "",
                               *options], cpu)


def redis(cpu=0, *options, program="redis-server"):
    return Server(program.removesuffix("-server"),
                  [program, "--port", "{port}", "--bind", "127.0.0.1", "--dir", "{dir}", "--save", "",
                   "--appendonly", "no", *options], cpu)


def peers():
    """Names of the servers that are installed beside ours."""
    return [name for name in ("redis-server", "valkey-server") if shutil.which(name)]


def say(text):
    print(f"== {text}", file=sys.stderr, flush=True)


def cache_servers(cpu, *tidemark_options):
    """The servers to compare as caches, not started yet."""
    found = []
    if os.access(os.path.join(BIN, "tidemark-server"), os.X_OK):
        found.append(tidemark(cpu, *tidemark_options))
    else:
        say("tidemark-server is not built: the others are measured alone")
    return found + [redis(cpu, program=program) for program in peers()]


def table(head, rows):
    """As Markdown."""
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"
