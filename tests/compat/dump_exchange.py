#!/usr/bin/env python3
"""Carry values between our server and a real Redis by DUMP and RESTORE, both ways, and compare what clients read.

usage: dump_exchange.py SERVER [--values N] [--seed S] [--cores 1,4]

Random values of every type go from ours to Redis 7.0 and back, and payloads in encodings of older versions go to
both. Payloads of ours say version 11, which Redis 7.0 takes for its own once their footer says 10. Where no
redis-server is installed there is nothing to compare with, which is said and is no failure.
Ends with "N passed, N failed", a case for each number of cores.
"""
import argparse
import os
import random
import shutil

import rdb_payloads
from differential import Wire, free_port, running

LONG = (b"x" * 70, b"some text that is compressed " * 20, bytes(range(256)) * 20)


class Values:
    """Random values, as the commands that make them, and as payloads in old encodings."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def text(self):
        pick = self.random.random()
        if pick < 0.3:
            return str(self.random.randrange(-(1 << self.random.randrange(1, 63)), 1 << self.random.randrange(1, 63))).encode()
        if pick < 0.35:
            return self.random.choice(LONG)
        if pick < 0.4:
            return self.random.choice((b"", b"-0", b"007", b"+1", b"1.0"))
        return bytes(self.random.randrange(256) for _ in range(self.random.randrange(20)))

    def texts(self, at_most):
        return [self.text() for _ in range(self.random.randrange(1, at_most))]

    def distinct(self, at_most):
        return sorted(set(self.texts(at_most)), key=lambda _: self.random.random())

    def score(self):
        return self.random.choice(("inf", "-inf", "0", "-1.5", "3.0000000000000001e-10", "123456789",
                                   str(self.random.randrange(1000)), repr(self.random.uniform(-1e6, 1e6))))

    def size(self):
        return self.random.choice((5, 40, 700))

    def commands(self, kind, key):
        """Commands that make a value of this kind."""
        if kind == b"string":
            return [[b"SET", key, self.text()]]
        if kind == b"list":
            return [[b"RPUSH", key, *self.texts(self.size())]]
        if kind == b"set":
            if self.random.random() < 0.5:
                return [[b"SADD", key, *{str(self.random.randrange(1 << self.random.choice((8, 20, 40)))).encode()
                                         for _ in range(self.size())}]]
            return [[b"SADD", key, *self.distinct(self.size())]]
        if kind == b"zset":
            flat = [part for member in self.distinct(self.size()) for part in (self.score().encode(), member)]
            return [[b"ZADD", key, *flat]]
        if kind == b"hash":
            flat = [part for field in self.distinct(self.size()) for part in (field, self.text())]
            return [[b"HSET", key, *flat]]
        return self.stream(key)

    def stream(self, key):
        made, ids, ms = [], [], 0
        for _ in range(self.random.randrange(1, 200)):
            ms += self.random.randrange(1, 1 << self.random.choice((2, 10, 40)))
            ids.append(b"%d-%d" % (ms, self.random.randrange(5)))
            fields = [b"f", self.text(), b"g", self.text()] if self.random.random() < 0.7 else [
                part for field in self.texts(4) for part in (field, self.text())]
            made.append([b"XADD", key, ids[-1], *fields])
        for _ in range(self.random.randrange(5)):
            made.append([b"XDEL", key, self.random.choice(ids)])
        for number in range(self.random.randrange(3)):
            group = b"group%d" % number
            made.append([b"XGROUP", b"CREATE", key, group, self.random.choice((b"0", b"$", self.random.choice(ids)))])
            for _ in range(self.random.randrange(4)):
                made.append([b"XREADGROUP", b"GROUP", group, b"c%d" % self.random.randrange(3), b"COUNT", b"7", b"STREAMS",
                             key, b">"])
            made.append([b"XACK", key, group, self.random.choice(ids)])
        return made

    def old_payloads(self):
        """(name, the value with its type) in each encoding that there was, of random values."""
        yield from rdb_payloads.lists(self.texts(20))
        yield from rdb_payloads.sets(self.distinct(20))
        yield from rdb_payloads.sets([str(i).encode() for i in self.random.sample(range(-70000, 70000), 9)])
        pairs = {member: self.score() for member in self.distinct(20)}
        yield from rdb_payloads.sorted_sets(sorted(pairs.items(), key=lambda pair: (float(pair[1]), pair[0])))
        yield from rdb_payloads.hashes([(field, self.text()) for field in self.distinct(20)])


def unordered(reply, step=1):
    """The bulk strings of a reply whose order is a server's own, in groups of `step`, sorted."""
    lines = reply.split(b"\r\n", 1)
    items, at = [], lines[1]
    while at:
        head, rest = at.split(b"\r\n", 1)
        size = int(head[1:])
        items.append(rest[:size])
        at = rest[size + 2:]
    return lines[0], sorted(tuple(items[i:i + step]) for i in range(0, len(items), step))


def read(wire, key):
    """All that a client can read of a value, alike on both servers."""
    kind = wire.run(b"TYPE", key)[1:-2]
    if kind == b"string":
        return kind, wire.run(b"GET", key)
    if kind == b"list":
        return kind, wire.run(b"LRANGE", key, b"0", b"-1")
    if kind == b"set":
        return kind, unordered(wire.run(b"SMEMBERS", key))
    if kind == b"hash":
        return kind, unordered(wire.run(b"HGETALL", key), 2)
    if kind == b"zset":
        return kind, wire.run(b"ZRANGE", key, b"0", b"-1", b"WITHSCORES")
    if kind == b"stream":
        groups = wire.run(b"XINFO", b"GROUPS", key)
        names = [b"group%d" % n for n in range(groups.count(b"last-delivered-id"))]
        consumers = [wire.run(b"XINFO", b"CONSUMERS", key, name).count(b"name") for name in names]
        pending = [wire.run(b"XPENDING", key, name) for name in names]
        return kind, wire.run(b"XRANGE", key, b"-", b"+"), groups, consumers, pending
    return kind, b""


def bulk(reply):
    return reply[reply.index(b"\r\n") + 2:-2]


def for_redis(payload):
    """A payload of ours as Redis 7.0 takes it."""
    body = rdb_payloads.unseal(payload)
    if body[0] == rdb_payloads.STREAM_3:
        body = rdb_payloads.stream_without_active_times(body)
    return rdb_payloads.seal(body)


class Exchange:
    def __init__(self, ours, redis, values):
        self.ours, self.redis, self.values = ours, redis, values
        self.failures = []
        self.carried = 0

    def carry(self, what, source, target, translate):
        payload = translate(bulk(source.run(b"DUMP", b"k")))
        reply = target.run(b"RESTORE", b"copy", b"0", payload, b"REPLACE")
        self.carried += 1
        if reply != b"+OK\r\n":
            return self.failures.append(f"{what}: {reply!r} of {payload.hex()}")
        if read(source, b"k") != read(target, b"copy"):
            self.failures.append(f"{what}: another value came of {payload.hex()}")

    def run(self, rounds):
        for _ in range(rounds):
            for kind in (b"string", b"list", b"set", b"zset", b"hash", b"stream"):
                commands = self.values.commands(kind, b"k")
                for wire in (self.ours, self.redis):
                    wire.run(b"DEL", b"k")
                    for command in commands:
                        wire.run(*command)
                self.carry(f"{kind} to Redis", self.ours, self.redis, for_redis)
                self.carry(f"{kind} from Redis", self.redis, self.ours, lambda payload: payload)
            for name, body in self.values.old_payloads():
                self.restore_in_both(name, rdb_payloads.seal(body))

    def restore_in_both(self, name, payload):
        replies = [wire.run(b"RESTORE", b"old", b"0", payload, b"REPLACE") for wire in (self.ours, self.redis)]
        self.carried += 1
        if replies != [b"+OK\r\n"] * 2 or read(self.ours, b"old") != read(self.redis, b"old"):
            self.failures.append(f"{name}: {replies} of {payload.hex()}")


def exchange(server, cores, rounds, seed):
    our_port, redis_port = free_port(), free_port()
    ours = [server, "--port", str(our_port), "--cores", str(cores), "--store", "none", "--save", "", "--maxmemory", "1gb",
            # Redis 7.0 does not know sets in listpacks.
            "--set-max-listpack-entries", "0"]
    redis = ["redis-server", "--port", str(redis_port), "--save", "", "--maxmemory", "1gb"]
    with running(ours, our_port), running(redis, redis_port):
        work = Exchange(Wire(our_port), Wire(redis_port), Values(seed))
        work.run(rounds)
    for failure in work.failures[:10]:
        print(failure[:2000])
    print(f"{cores} cores, seed {seed}: {work.carried} values carried, {len(work.failures)} differ")
    return not work.failures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("server")
    parser.add_argument("--values", type=int, default=30, help="of each type")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--cores", default="1,4")
    options = parser.parse_args()
    if shutil.which("redis-server") is None:
        print("no redis-server is installed: nothing to exchange values with\n1 passed, 0 failed")
        return
    results = [exchange(os.path.abspath(options.server), int(cores), options.values, options.seed)
               for cores in options.cores.split(",")]
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    raise SystemExit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
