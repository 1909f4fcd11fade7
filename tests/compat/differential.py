#!/usr/bin/env python3
"""Send the same random commands to our server and to a real Redis, and compare the replies byte by byte.

usage: differential.py SERVER [--commands N] [--seed S] [--cores 1,4] [--only hashes]

SERVER is our executable. Both run on free ports, in temporary folders, for the length of the test. Where no
redis-server is installed there is nothing to compare with, which is said and is no failure.
Ends with "N passed, N failed", a case for each number of cores.
"""
import argparse
import contextlib
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import random_table
from allowed import same
from random_commands import Maker
from replies import bulks, parsed

READY_SECONDS = 20
DIFFERENCES_SHOWN = 20
BATCH = 64
# After so many commands both servers are replaced by fresh ones.
PART = 20_000
# So many call every command of the table.
ENOUGH_FOR_ALL = 100_000

# Scans of keys and of parts of a value, and where their cursor stands.
SCANS = {b"scan": 1, b"sscan": 2, b"zscan": 2, b"hscan": 2}
# How every element of a value is read, by the value's type.
WHOLE_VALUES = {
    b"+string": lambda key: [b"GET", key],
    b"+list": lambda key: [b"LRANGE", key, b"0", b"-1"],
    b"+set": lambda key: [b"SMEMBERS", key],
    b"+zset": lambda key: [b"ZRANGE", key, b"0", b"-1", b"WITHSCORES"],
    b"+hash": lambda key: [b"HGETALL", key],
    b"+stream": lambda key: [b"XINFO", b"STREAM", key, b"FULL", b"COUNT", b"0"],
}


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@contextlib.contextmanager
def running(command, port):
    """A server, from when it listens until the end of the block."""
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + READY_SECONDS
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    if process.poll() is not None or time.monotonic() > deadline:
                        raise SystemExit(f"{command[0]} does not listen") from None
            yield
        finally:
            process.terminate()
            process.wait()


class Wire:
    """A connection that knows where one reply ends, and keeps its bytes as they are."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.file = self.socket.makefile("rb")

    def send(self, commands):
        out = bytearray()
        for command in commands:
            out += b"*%d\r\n" % len(command)
            for word in command:
                out += b"$%d\r\n%s\r\n" % (len(word), word)
        self.socket.sendall(out)

    def reply(self):
        line = self.file.readline()
        if not line:
            raise EOFError("the connection was closed")
        kind, rest = line[:1], line[1:-2]
        if kind in b"+-:_,#(":
            return line
        size = int(rest)
        if kind in b"$=":
            return line if size < 0 else line + self.file.read(size + 2)
        if kind in b"*~>%|":
            items = size * 2 if kind in b"%|" else size
            return line + b"".join(self.reply() for _ in range(items))
        raise ValueError(f"no reply starts like {line!r}")

    def run(self, *command):
        self.send([command])
        return self.reply()


def whole_scan(wire, command, first):
    """All that a scan returns from this reply to its end, sorted; an error as it is."""
    found, reply, at = [], first, SCANS[command[0].lower()]
    while reply.startswith(b"*2\r\n$"):
        _, size, rest = reply.split(b"\r\n", 2)
        cursor, keys = rest[:int(size[1:])], rest[int(size[1:]) + 2:]
        found += bulks(keys)
        if cursor == b"0":
            return sorted(found)
        reply = wire.run(*command[:at], cursor, *command[at + 1:])
    return reply


# What a dump ends with before its checksum, which Redis is told to ignore; and the forms of a value that 7.0 cannot read:
# packed sets and streams that remember when a consumer was active.
VERSION_OF_7_0 = b"\x0a\x00"
FORMS_SINCE_7_2 = (20, 21)


class TheirsEnded(Exception):
    """The real Redis closed its connection, which no command here asks for: 7.0 has a memory error in its streams
    that some hundred thousand random commands find."""


class Comparison:
    def __init__(self, our_port, their_port):
        self.ours, self.theirs = Wire(our_port), Wire(their_port)
        self.differences = 0

    def note(self, command, ours, theirs):
        self.differences += 1
        if self.differences <= DIFFERENCES_SHOWN:
            print(f"  {command}\n    ours   {ours!r}\n    theirs {theirs!r}")

    def batch(self, commands):
        self.ours.send(commands)
        self.theirs.send(commands)
        for command in commands:
            ours = self.ours.reply()
            try:
                theirs = self.theirs.reply()
            except (EOFError, ConnectionError):
                raise TheirsEnded from None
            if not same(command, ours, theirs) and command[0].lower() not in SCANS:
                self.note(command, ours, theirs)

    def scan(self, command):
        """A scan alone, to its end: what follows it must not change what it finds. Cursors are a server's own."""
        at = SCANS[command[0].lower()]
        if command[at].isdigit() and command[at].strip(b"0"):
            command = [*command[:at], b"0", *command[at + 1:]]
        ours = whole_scan(self.ours, command, self.ours.run(*command))
        theirs = whole_scan(self.theirs, command, self.theirs.run(*command))
        if ours != theirs:
            self.note(command, ours, theirs)

    def data(self):
        """Every key of every database."""
        for wire in (self.ours, self.theirs):
            wire.run(b"RESET")
        self.theirs.run(b"DEBUG", b"SET-SKIP-CHECKSUM-VALIDATION", b"1")
        for db in range(16):
            self.batch([[b"SELECT", b"%d" % db], [b"KEYS", b"*"]])
            for key in sorted(bulks(self.theirs.run(b"KEYS", b"*"))):
                whole = WHOLE_VALUES[self.theirs.run(b"TYPE", key).strip()]
                self.batch([[b"TYPE", key], whole(key), [b"PEXPIRETIME", key], [b"OBJECT", b"ENCODING", key]])
                self.transfer(db, key, whole)

    def transfer(self, db, key, whole):
        """Dumps a value from each to the other, where it has to be what it was."""
        for giver, taker in ((self.theirs, self.ours), (self.ours, self.theirs)):
            payload = parsed(giver.run(b"DUMP", key))
            if taker is self.theirs and payload[0] in FORMS_SINCE_7_2:
                continue
            if taker is self.theirs:
                payload = payload[:-10] + VERSION_OF_7_0 + payload[-8:]
            taker.run(b"SELECT", b"15")
            restored = taker.run(b"RESTORE", b"restored", b"0", payload, b"REPLACE")
            there, here = giver.run(*whole(key)), taker.run(*whole(b"restored"))
            taker.run(b"DEL", b"restored")
            taker.run(b"SELECT", b"%d" % db)
            if restored != b"+OK\r\n" or not same(whole(key), here, there):
                self.note([b"RESTORE", key, payload], restored + here, there)


def compare(server, cores, options, seed):
    """The number of replies that differ to so many commands, a part of them to each pair of fresh servers."""
    compared, differences, called, callable_names = 0, 0, set(), set()
    while compared < options.commands:
        part = Part(server, cores, options.only, seed)
        if compared > 0:
            print(f"  from command {compared} on: --seed {seed}", flush=True)
        differences += part.compare(min(PART, options.commands - compared))
        compared += max(part.compared, 1)
        called |= part.called
        callable_names |= part.callable_names
        seed += 1
    missing = callable_names - called
    if missing and not options.only and options.commands >= ENOUGH_FOR_ALL:
        print(f"  never called: {' '.join(sorted(missing))}")
        differences += len(missing)
    return differences


class Part:
    """What is compared between one pair of servers."""

    def __init__(self, server, cores, only, seed):
        self.server, self.cores, self.only, self.seed = server, cores, only, seed
        self.compared = 0
        # The names of the commands that were called, and of those that might be.
        self.called, self.callable_names = set(), set()

    def compare(self, commands):
        """The number of replies that differ."""
        our_port, their_port = free_port(), free_port()
        both = ["--save", "", "--maxmemory", "1gb"]
        ours = [self.server, "--port", str(our_port), "--cores", str(self.cores), "--store", "none", *both]
        theirs = ["redis-server", "--port", str(their_port), "--enable-debug-command", "yes", *both]
        with running(ours, our_port), running(theirs, their_port):
            comparison = Comparison(our_port, their_port)
            calls = random_table.calls_of(comparison.theirs, comparison.ours)
            self.callable_names = {b" ".join(call.words).decode() for call in calls}
            try:
                self.run(comparison, Maker(random.Random(self.seed), self.only, calls), commands)
            except TheirsEnded:
                print(f"  redis-server has crashed after {self.compared} commands")
            return comparison.differences

    def run(self, comparison, maker, commands):
        waiting = []
        for _ in range(commands):
            command = maker.command()
            self.called.update(b" ".join(command[:words]).lower().decode(errors="replace") for words in (1, 2))
            if len(command) > SCANS.get(command[0].lower(), len(command)):
                self.batch(comparison, waiting)
                comparison.scan(command)
                self.compared += 1
                continue
            waiting.append(command)
            if len(waiting) == BATCH:
                self.batch(comparison, waiting)
        self.batch(comparison, waiting)
        comparison.data()

    def batch(self, comparison, waiting):
        comparison.batch(waiting)
        self.compared += len(waiting)
        waiting.clear()


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("server")
    parser.add_argument("--commands", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--cores", default="1,4")
    parser.add_argument("--only", help="commands of one family: hashes, lists, sets, sorted_sets, places, sort, streams or table")
    options = parser.parse_args()
    if shutil.which("redis-server") is None:
        print("redis-server is not installed: nothing was compared")
        print("1 passed, 0 failed")
        return 0
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(2**32)
    passed = failed = 0
    for cores in options.cores.split(","):
        print(f"{options.commands} commands on {cores} core(s), --seed {seed}")
        differences = compare(os.path.abspath(options.server), int(cores), options, seed)
        print(f"  {differences} replies differ", flush=True)
        passed, failed = (passed + 1, failed) if differences == 0 else (passed, failed + 1)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
