"""Random calls of every command of data that both servers have, made from what COMMAND and COMMAND DOCS tell of it.

They make less sense than those of the other files, but forget no command, option or number of arguments.
"""
from random_values import EDGES, FLOATS, KEYS, SMALL, WORDS
from replies import parsed

# Not called, by name or container, and why.
LEFT_OUT = {
    "ends, saves or reconfigures the server": """
        shutdown failover replicaof slaveof debug config module acl bgsave save bgrewriteaof lastsave cluster sync psync replconf
        restore-asking migrate pfdebug pfselftest readonly readwrite asking""",
    "is about this connection, or changes what its replies look like": """
        auth hello reset quit select client monitor subscribe unsubscribe psubscribe punsubscribe ssubscribe sunsubscribe multi
        exec discard watch unwatch publish spublish pubsub""",
    "tells of the server or of times": "wait waitaof latency slowlog info time role command memory object lolwut dbsize",
    "runs scripts": "eval eval_ro evalsha evalsha_ro script fcall fcall_ro function",
    "waits, so that its time has to be short: called by the file of its type":
        "blpop brpop blmove blmpop brpoplpush bzpopmin bzpopmax bzmpop xread xreadgroup",
    "compares with how long ago something was: called by the file of its type": "xclaim xautoclaim xpending",
    "promises nothing where scores differ: called by the file of its type": "zlexcount zrangebylex zrevrangebylex zremrangebylex",
    "answers sets in a server's own order, and has 7.0 remember others' errors: called by a file of its own": "sort sort_ro",
    "takes what chance has it take": "spop randomkey srandmember zrandmember hrandfield",
    "has a lifetime, which has to have passed or be far away: called by the file of its type":
        "expire pexpire expireat pexpireat setex psetex getex restore ttl pttl",
    "makes strings of any length: called by the file of its type": "setbit setrange bitfield",
    "answers with what has no end to be compared at: called alone, to its end": "scan sscan hscan zscan keys",
    "empties or moves everything": "flushall flushdb swapdb move",
}
REASONS = {name: reason for reason, names in LEFT_OUT.items() for name in names.split()}
# Words that make a reply depend on the clock, or on the order of what has none.
WORDS_LEFT_OUT = (b"*", b"EX", b"PX", b"EXAT", b"PXAT", b"BYLEX")
KEYS_OF_TYPES = {
    b"list": (b"l", b"m", b"{tag}l"), b"set": (b"s:1", b"s:2", b"{tag}s"), b"sorted-set": (b"z:1", b"z:2", b"{tag}z"),
    b"hash": (b"table:h", b"{tag}table:h"), b"stream": (b"x:1", b"x:2", b"{tag}x"), b"geo": (b"table:geo", b"{tag}table:geo"),
    b"hyperloglog": (b"table:pf", b"table:pf:2"), b"bitmap": (b"table:bits", b"a")}


class Call:
    """What the table tells of one command."""

    def __init__(self, name, arity, docs):
        facts = dict(zip(docs[::2], docs[1::2]))
        self.words = name.split(b"|")
        self.arity = arity
        self.keys = KEYS_OF_TYPES.get(facts[b"group"], KEYS)
        self.tokens = tuple(token for token in tokens_of(facts.get(b"arguments", [])) if token not in WORDS_LEFT_OUT)


def tokens_of(arguments):
    for argument in arguments:
        facts = dict(zip(argument[::2], argument[1::2]))
        if b"token" in facts:
            yield facts[b"token"]
        yield from tokens_of(facts.get(b"arguments", []))


def calls_of(theirs, ours):
    """The commands that both have and that are called from here; `theirs` and `ours` answer commands."""
    ours = {name.lower() for name in parsed(ours.run(b"COMMAND", b"LIST"))}
    docs = parsed(theirs.run(b"COMMAND", b"DOCS"))
    docs = dict(zip(docs[::2], docs[1::2]))
    calls = []
    for command in parsed(theirs.run(b"COMMAND")):
        for name, arity, told in spread(command, docs):
            if name in ours and name.split(b"|")[0].decode() not in REASONS and not name.endswith(b"|help"):
                calls.append(Call(name, arity, told))
    return sorted(calls, key=lambda call: call.words)


def spread(command, docs):
    """A command, or in its place its subcommands: name, arity, documentation."""
    name, arity, subcommands = command[0], command[1], command[9]
    told = docs[name]
    if not subcommands:
        return [(name, arity, told)]
    facts = dict(zip(told[::2], told[1::2]))
    inner = facts[b"subcommands"]
    inner = dict(zip(inner[::2], inner[1::2]))
    return [(sub[0], sub[1], inner[sub[0]]) for sub in subcommands]


def templates(maker, calls):
    """A function that calls any of them."""
    pick, chance = maker.pick, maker.chance

    def argument(call):
        kind = maker.random.randrange(10)
        if kind < 3:
            return pick(call.keys) if not chance(8) else maker.key()
        if kind < 6 and call.tokens:
            return pick(call.tokens)
        if kind < 8:
            return pick(SMALL)
        return pick(pick((EDGES, WORDS, FLOATS, SMALL, (b"[a", b"(1", b"-", b"+", b"$", b"1-1", b"5-1"))))

    def call_any():
        call = pick(calls)
        count = abs(call.arity) + (maker.random.randrange(8) if call.arity < 0 else 0)
        words = list(call.words)
        # A key comes first, as nearly always.
        if len(words) < count:
            words.append(pick(call.keys))
        while len(words) < count:
            words.append(argument(call))
        return words

    return (*[call_any] * 4, lambda: [b"command", b"getkeys", *call_any()])
