"""Random commands with arguments from the edges: the generic, string and connection families here, those of
each type of collection in a file of its own.

What depends on the clock is kept apart from the edges: a lifetime either has passed or is far away, and
where lifetimes are compared (GT, LT) no two are alike, so that two servers that run the same commands a
moment apart answer the same.
"""

import random_hashes
import random_lists
import random_places
import random_sets
import random_sort
import random_sorted_sets
import random_streams
import random_table
from random_bits import BitCommands
from random_values import EDGES, FLOATS, KEYS, SMALL, WORDS

PATTERNS = (b"*", b"a", b"?", b"[a-b]", b"[^a]", b"key*", b"\\a", b"{tag}*", b"", b"[", b"**?", b"*\xff")
DATABASES = (b"0", b"1", b"2") * 8 + EDGES + WORDS
TIMED = (b"wait", b"blpop", b"brpop", b"blmove", b"brpoplpush", b"bzpopmin", b"bzpopmax")
OVERFLOWING = (b"9223372036854775807", b"9223372036854775", b"9223372036854776", b"-9223372036854775808",
               b"-9223372036854776", b"9223372036854775808")


class Maker:
    """Makes commands from a random.Random, of all types or of only one."""

    def __init__(self, random, only=None, calls=()):
        self.random = random
        pick = self.pick
        key, value, edge = self.key, self.value, self.integer
        expiry = self.expiry_options
        self.templates = (
            lambda: [b"append", key(), value()],
            lambda: [pick((b"incr", b"decr")), key()],
            lambda: [pick((b"incrby", b"decrby")), key(), edge()],
            lambda: [b"incrbyfloat", key(), pick(FLOATS)],
            lambda: [pick((b"get", b"getdel", b"strlen", b"get", b"get")), key()],
            lambda: [b"getex", key(), *expiry((b"persist",))],
            lambda: [pick((b"getrange", b"substr")), key(), self.index(), self.index()],
            lambda: [pick((b"getset", b"setnx")), key(), value()],
            lambda: [b"mget", *self.some(key)],
            lambda: [pick((b"mset", b"msetnx")), *self.pairs()],
            lambda: [b"setex", key(), self.lifetime(), value()],
            lambda: [b"psetex", key(), self.lifetime(), value()],
            lambda: [b"set", key(), value()],
            lambda: [b"set", key(), value(), *self.set_options()],
            lambda: [b"setrange", key(), pick((pick(SMALL), edge())), value()],
            lambda: [b"lcs", key(), key(), *self.lcs_options()],
            lambda: [b"copy", key(), key(), *self.copy_options()],
            lambda: [pick((b"del", b"unlink", b"exists", b"touch")), *self.some(key)],
            lambda: [pick((b"type", b"persist", b"ttl", b"pttl", b"expiretime", b"pexpiretime")), key()],
            self.expire,
            lambda: [b"keys", pick(PATTERNS)],
            lambda: [b"randomkey"],
            lambda: [pick((b"rename", b"renamenx")), key(), key()],
            lambda: [b"move", key(), pick(DATABASES)],
            lambda: [b"swapdb", pick(DATABASES), pick(DATABASES)],
            lambda: [b"object", pick((b"encoding", b"freq", b"idletime", b"nonsense")), key()],
            lambda: [b"scan", pick((b"0", b"0", b"0", b"00", b"x", b"", b" 0", b"18446744073709551616", b"0x")),
                     *self.scan_options()],
            lambda: [b"echo", value()],
            lambda: [b"ping", *self.some(value)],
            lambda: [b"select", pick(DATABASES)],
            lambda: [b"auth", *self.some(lambda: pick((b"default", b"other", b"secret", b"")))],
            self.hello,
            lambda: [b"reset"],
            lambda: [b"wait", pick((b"0", b"-1") + WORDS), pick((b"0", b"1", b"-1", b"9223372036854775808") + WORDS)],
            lambda: [pick((b"nonsense", b"get|set", b"")), *self.some(value)],
            *BitCommands(self).templates,
        )
        # Each group is as likely as the others, and each command within its group.
        families = {"hashes": random_hashes, "lists": random_lists, "sets": random_sets,
                    "sorted_sets": random_sorted_sets, "places": random_places, "sort": random_sort,
                    "streams": random_streams}
        groups = {name: family.templates(self) for name, family in families.items()}
        if calls:
            groups["table"] = random_table.templates(self, calls)
        if only is None:
            self.groups = (self.templates, self.templates, *groups.values())
        else:
            self.groups = (groups[only],)
        # What belongs to the command that was made last and follows it.
        self.following = []

    def pick(self, choices):
        return self.random.choice(choices)

    def chance(self, one_in):
        return self.random.randrange(one_in) == 0

    def key(self):
        return self.pick(KEYS[:6]) if not self.chance(8) else self.pick(KEYS)

    def integer(self):
        return self.pick(self.pick((EDGES, SMALL, WORDS)))

    def small(self):
        return self.pick(SMALL)

    def index(self):
        return self.pick(self.pick((EDGES, SMALL, SMALL, WORDS)))

    def value(self):
        lengths = (1, 20, 43, 44, 45, 63, 64, 255, 1023, 1024, 1025)
        kind = self.random.randrange(6)
        if kind < 3:
            return self.pick((EDGES, SMALL, WORDS)[kind])
        if kind == 3:
            return bytes(self.random.choices(b"ab12\r\n\x00\xff", k=self.random.randrange(12)))
        if kind == 4:
            return self.pick(FLOATS)
        return self.pick((b"x", b"1", b"\xfe")) * self.pick(lengths)

    def some(self, make):
        return [make() for _ in range(self.random.randrange(4))]

    def pairs(self):
        return [part for _ in range(self.random.randrange(4)) for part in (self.key(), self.value())]

    def far(self):
        return b"%d" % self.random.randrange(10**7, 10**12)

    def lifetime(self):
        """Of seconds or of milliseconds, from now."""
        return self.pick((self.far(), self.far(), b"0", b"-1", self.pick(OVERFLOWING), self.pick(WORDS)))

    def moment(self):
        """In seconds or in milliseconds since the epoch."""
        return self.pick((b"%d" % self.random.randrange(10**13, 10**14), b"1", self.lifetime()))

    def expiry_options(self, more):
        options = []
        while self.chance(2) and len(options) < 5:
            word = self.pick((b"ex", b"px", b"exat", b"pxat") + more)
            options.append(word)
            if word in (b"ex", b"px"):
                options.append(self.lifetime())
            elif word in (b"exat", b"pxat"):
                options.append(self.moment())
        return options

    def set_options(self):
        options = [self.pick((b"nx", b"xx", b"get", b"keepttl")) for _ in range(self.random.randrange(3))]
        return options + self.expiry_options((b"keepttl", b"nonsense"))

    def expire(self):
        name = self.pick((b"expire", b"pexpire", b"expireat", b"pexpireat"))
        time = self.moment() if name.endswith(b"at") else self.lifetime()
        words = (b"nx", b"xx", b"gt", b"lt", b"nx", b"xx", b"nonsense")
        return [name, self.key(), time, *self.some(lambda: self.pick(words))]

    def copy_options(self):
        options = []
        while self.chance(2):
            options += self.pick(([b"replace"], [b"db", self.pick(DATABASES)], [b"db"], [b"nonsense"]))
        return options

    def lcs_options(self):
        options = []
        while self.chance(2):
            options += self.pick(([b"len"], [b"idx"], [b"withmatchlen"], [b"minmatchlen", self.integer()], [b"x"]))
        return options

    def scan_options(self):
        options = []
        while self.chance(2):
            options += self.pick(([b"match", self.pick(PATTERNS)], [b"count", self.integer()],
                                  [b"type", self.pick((b"string", b"STRING", b"list", b"nonsense"))], [b"count"]))
        return options

    def hello(self):
        options = []
        while self.chance(3):
            options += self.pick(([b"auth", b"default", b"x"], [b"auth", b"other", b"x"], [b"auth"],
                                  [b"setname", self.pick((b"me", b"two words", b""))], [b"nonsense"]))
        version = [self.pick((b"2", b"3", b"2", b"3") + EDGES + WORDS)]
        return [b"hello", *(version + options if not self.chance(5) else [])]

    def command(self):
        if self.following:
            return self.following.pop(0)
        command = self.pick(self.pick(self.groups))()
        if isinstance(command[0], list):
            command, *self.following = command
            return command
        # Without its count, SPOP takes what chance has it take.
        if self.chance(30) and len(command) > 1 and command[0] != b"spop":
            command.pop()
        # What ends with a time may not end with any other word, which might be a long time; and a count
        # far below zero would have Redis answer without end.
        if self.chance(30) and command[0] not in (*TIMED, b"srandmember", b"zrandmember", b"hrandfield"):
            command.append(self.value())
        if self.chance(4):
            command = [command[0].upper(), *command[1:]]
        return command
