"""Random commands of the stream family: see random_commands.py.

Ids are spelled out, since the clock gives others to each server, and idle times are asked for where every
delivery is old enough or none is. Whatever would make a consumer known makes it known first: since 7.2 asking
in vain does so, too.
"""
import re

KEYS = (b"x:1", b"x:2", b"{tag}x", b"{tag}x:2")
GROUPS = (b"g", b"g", b"h", b"", b"group \xff")
CONSUMERS = (b"alice", b"bob", b"carol", b"")
ODD_IDS = (b"-", b"+", b"$", b">", b"*", b"", b"0", b"0-0", b"0-1", b"5", b" 5", b"+5-+1", b"05-01", b"5-", b"-5", b"5-x",
           b"x-5", b"5-3-1", b"(5", b"(", b"5-*", b"0-*", b"(0-0", b"(18446744073709551615-18446744073709551615",
           b"18446744073709551615", b"18446744073709551616", b"5-18446744073709551615", b"5-18446744073709551616",
           b"18446744073709551615-18446744073709551615", b"0" * 126 + b"5", b"0" * 140 + b"5")
COUNTS = (b"0", b"1", b"2", b"3", b"10", b"1000", b"-1", b"-5", b"x", b"", b"1.5", b"9223372036854775807",
          b"-9223372036854775808", b"9223372036854775808", b"576460752303423487", b"576460752303423488")
FIELDS = (b"f", b"g", b"temperature", b"", b"12", b"\x00\xff")
# Nobody was delivered anything for so long.
NEVER = b"1000000000000000"

# Milliseconds of this decade, and what is told of consumers since 7.2.
TIMES = re.compile(rb":1[789]\d{11}\r\n")
ACTIVE_TIME = re.compile(rb"\$11\r\nactive-time\r\n:-?\d+\r\n")
INACTIVE = re.compile(rb"\$8\r\ninactive\r\n:-?\d+\r\n")
IDLE = re.compile(rb"(?<=\$4\r\nidle\r\n):\d+\r\n")
IDLE_OF_ENTRY = re.compile(rb":\d+\r\n(?=:-?\d+\r\n)")
CONSUMER_MAPS = re.compile(rb"(?<=[*%])(\d+)(?=\r\n\$4\r\nname\r\n)")
TREE_NODES = re.compile(rb"(?<=\$16\r\nradix-tree-nodes\r\n):\d+\r\n")
TOO_LARGE = b"-ERR Elements are too large to be stored\r\n"
TOO_SMALL = b"-ERR The ID specified in XADD is equal or smaller than the target stream top item\r\n"


def without_times(name, reply):
    """A reply without what depends on the clock or on the version."""
    if name == b"xpending":
        return IDLE_OF_ENTRY.sub(b":idle\r\n", reply)
    if name == b"xinfo":
        for changing in (ACTIVE_TIME, INACTIVE, IDLE, TREE_NODES, CONSUMER_MAPS):
            reply = changing.sub(b"", reply)
        return TIMES.sub(b":time\r\n", reply)
    return reply


def same(command, ours, theirs):
    """Whether two replies to a command say the same; None where nothing is known of it."""
    name = command[0].lower()
    if name == b"xinfo" and len(command) == 2 and command[1].lower() == b"help":
        return True
    if name in (b"xpending", b"xinfo") and without_times(name, ours) == without_times(name, theirs):
        return True
    # What a number that ran out reminds Redis of.
    if name == b"xadd" and theirs == TOO_LARGE:
        return ours == TOO_SMALL
    # "+" is the last entry since 7.4.
    if name == b"xread" and b"+" in command:
        return True
    return None


class Streams:
    def __init__(self, maker):
        self.maker = maker
        self.pick, self.chance = maker.pick, maker.chance
        self.ms = 1
        self.seq = 0

    def below(self, bound):
        return self.maker.random.randrange(bound)

    def key(self):
        return self.pick(KEYS) if not self.chance(15) else self.maker.key()

    def group(self):
        return self.pick(GROUPS)

    def consumer(self):
        return self.pick(CONSUMERS)

    def new_id(self):
        if self.chance(20):
            return self.pick(ODD_IDS[5:]) if self.chance(2) else b"%d-*" % (self.ms + self.below(2))
        if self.chance(3):
            self.ms, self.seq = self.ms + 1 + self.below(3), self.below(2)
        else:
            self.seq += 1
        return b"%d-%d" % (self.ms, self.seq)

    def id(self):
        """Likely to be near an entry."""
        if self.chance(15):
            return self.pick(ODD_IDS)
        ms = max(0, self.ms - self.below(12))
        return b"%d-%d" % (ms, self.below(4)) if not self.chance(4) else b"%d" % ms

    def ids(self):
        return [self.id() for _ in range(1 + self.below(4))]

    def bound(self):
        kind = self.below(4)
        return self.pick((b"-", b"+")) if kind == 0 else b"(" + self.id() if kind == 1 else self.id()

    def count(self):
        return self.pick((b"1", b"2", b"3", b"5")) if not self.chance(4) else self.pick(COUNTS)

    def fields(self):
        if not self.chance(3):
            return [b"f", self.maker.value()]
        fields = [part for _ in range(self.below(4)) for part in (self.pick(FIELDS), self.maker.value())]
        return fields or [b"f"]

    def trim(self):
        strategy = self.pick((b"maxlen", b"minid"))
        threshold = self.id() if strategy == b"minid" else self.pick((b"5", b"20", b"50", self.pick(COUNTS)))
        trim = [strategy, *self.pick(([], [b"="], [b"~"], [b"~"])), threshold]
        if self.chance(3):
            limit = [b"limit", self.pick((b"0", b"5", b"30", self.pick(COUNTS)))]
            trim = trim + limit if self.chance(2) else limit + trim
        return trim if not self.chance(30) else trim + self.pick(([b"maxlen", b"3"], [b"limit"], [b"nonsense"]))

    def xadd(self):
        options = [b"nomkstream"] if self.chance(8) else []
        if self.chance(4):
            options = options + self.trim() if self.chance(2) else self.trim() + options
        return [b"xadd", self.key(), *options, self.new_id(), *self.fields()]

    def interval(self):
        return [self.bound(), self.bound()]

    def count_option(self):
        return self.pick(([], [], [b"count", self.count()])) if not self.chance(20) else [b"count"]

    def streams(self, special):
        keys = [self.key() for _ in range(1 + self.below(3))]
        ids = [self.pick(special) if self.chance(2) else self.id() for _ in keys]
        if self.chance(25):
            ids.pop()
        return [b"streams", *keys, *ids], keys

    def block_option(self):
        return [b"block", self.pick((b"1", b"2", b"-1", b"x", b"", b"9223372036854775808"))] if self.chance(8) else []

    def xread(self):
        streams, _ = self.streams((b"0", b"$", b"0-0"))
        options = [*self.count_option(), *self.block_option()]
        if self.chance(20):
            options += self.pick(([b"noack"], [b"group", b"g", b"alice"], [b"nonsense"]))
        return [[b"xread", *options, *streams]]

    def meet(self, keys, group, consumer):
        """Makes a consumer known."""
        return [[b"xgroup", b"createconsumer", key, group, consumer] for key in keys]

    def xreadgroup(self):
        group, consumer = self.group(), self.consumer()
        streams, keys = self.streams((b">", b">", b"0", b"0-0"))
        options = [*self.count_option(), *self.block_option(), *self.pick(([], [], [b"noack"]))]
        if self.chance(20):
            options += self.pick(([b"noack"], [b"count", b"1"], [b"nonsense"]))
        who = [b"group", group, consumer]
        command = who + options if self.chance(2) else options + who
        return self.meet(keys, group, consumer) + [[b"xreadgroup", *command, *streams]]

    def idle(self):
        return self.pick((b"0", b"0", b"0", NEVER, b"-5", self.pick(COUNTS)))

    def xclaim(self):
        key, group, consumer = self.key(), self.group(), self.consumer()
        options = []
        while self.chance(2):
            options += self.pick((
                [b"force"], [b"force"], [b"justid"], [b"idle", self.pick((b"0", b"100000000", self.pick(COUNTS)))],
                [b"time", self.pick((b"0", b"1500000000000", self.pick(COUNTS)))],
                [b"retrycount", self.pick((b"0", b"7", b"65535", b"70000", self.pick(COUNTS)))], [b"lastid", self.id()],
                [b"nonsense"], [b"idle"]))
        return self.meet([key], group, consumer) + [
            [b"xclaim", key, group, consumer, self.idle(), *self.ids(), *options]]

    def xautoclaim(self):
        key, group, consumer = self.key(), self.group(), self.consumer()
        options = [*self.count_option(), *self.pick(([], [], [b"justid"]))]
        if self.chance(20):
            options.append(b"nonsense")
        return self.meet([key], group, consumer) + [
            [b"xautoclaim", key, group, consumer, self.idle(), self.bound(), *options]]

    def xpending(self):
        if self.chance(3):
            return [b"xpending", self.key(), self.group()]
        idle = [b"idle", self.pick((b"0", b"-1", NEVER, b"x"))] if self.chance(4) else []
        consumer = [self.consumer()] if self.chance(2) else []
        return [b"xpending", self.key(), self.group(), *idle, *self.interval(), self.count(), *consumer]

    def xgroup_create(self):
        options = []
        while self.chance(2):
            options += self.pick(([b"mkstream"], [b"mkstream"], [b"entriesread", self.count()], [b"nonsense"]))
        where = self.pick((b"$", b"0", self.id()))
        return [b"xgroup", b"create", self.key(), self.group(), where, *options]

    def xgroup_setid(self):
        options = self.pick(([], [], [b"entriesread", self.count()], [b"mkstream"]))
        return [b"xgroup", b"setid", self.key(), self.group(), self.pick((b"$", b"0", b"-", self.id())), *options]

    def xsetid(self):
        options = []
        while self.chance(3):
            options += self.pick(([b"entriesadded", self.pick((b"1000", self.count()))], [b"maxdeletedid", self.id()],
                                  [b"nonsense"]))
        return [b"xsetid", self.key(), self.pick((self.new_id(), self.id())), *options]

    def xinfo(self):
        key = self.key()
        full = self.pick(([], [b"full"], [b"full", b"count", self.count()], [b"nonsense"], [b"full", b"count"]))
        return self.pick(([b"xinfo", b"stream", key, *full], [b"xinfo", b"stream", key, *full],
                          [b"xinfo", b"groups", key], [b"xinfo", b"consumers", key, self.group()], [b"xinfo", b"help"]))

    def node_size(self):
        return self.pick(([b"config", b"set", b"stream-node-max-entries", self.pick((b"1", b"3", b"10", b"100", b"0"))],
                          [b"config", b"set", b"stream-node-max-bytes", self.pick((b"1", b"100", b"500", b"4096"))]))


def templates(maker):
    """Functions that make a command, or several that belong together."""
    streams = Streams(maker)
    pick = maker.pick
    return (
        *[streams.xadd] * 8,
        lambda: [b"xlen", streams.key()],
        lambda: [b"xdel", streams.key(), *streams.ids()],
        lambda: [b"xtrim", streams.key(), *streams.trim()],
        lambda: [b"xrange", streams.key(), *streams.interval(), *streams.count_option()],
        lambda: [b"xrevrange", streams.key(), *streams.interval(), *streams.count_option()],
        streams.xread,
        *[streams.xreadgroup] * 3,
        streams.xclaim,
        streams.xautoclaim,
        lambda: [b"xack", streams.key(), streams.group(), *streams.ids()],
        *[streams.xpending] * 2,
        *[streams.xgroup_create] * 2,
        streams.xgroup_setid,
        lambda: [b"xgroup", pick((b"createconsumer", b"delconsumer")), streams.key(), streams.group(), streams.consumer()],
        lambda: [b"xgroup", pick((b"destroy", b"nonsense")), streams.key(), streams.group()],
        streams.xsetid,
        *[streams.xinfo] * 3,
        streams.node_size,
        lambda: [pick((b"type", b"exists", b"persist", b"del", b"unlink")), streams.key()],
        lambda: [pick((b"rename", b"renamenx", b"copy", b"copy")), streams.key(), streams.key()],
    )
