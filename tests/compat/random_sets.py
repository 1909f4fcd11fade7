"""Random commands of the set family: see random_commands.py.

What SPOP takes is left to chance, so here it takes all or nothing; of what SRANDMEMBER picks only the number
is compared.
"""

KEYS = (b"s:1", b"s:2", b"s:3", b"{tag}s", b"{tag}s:2")
MEMBERS = (b"", b"a", b"b", b"1", b"2", b"-1", b"32768", b"2147483648", b"-9223372036854775808", b"9223372036854775807",
           b"9223372036854775808", b"007", b"1.5", b"\x00\xff", b"x" * 64, b"y" * 65, b"z" * 5000)
COUNTS = (b"0", b"1", b"2", b"-1", b"-3", b"100", b"1000000", b"9223372036854775808", b"-9223372036854775808",
          b"x", b"", b"1.5", b"+1", b" 1")


def key(maker):
    return maker.pick(KEYS) if not maker.chance(12) else maker.key()


def member(maker):
    kind = maker.random.randrange(4)
    if kind == 0:
        return maker.pick(MEMBERS)
    number = maker.random.randrange(40 if kind < 3 else 700)
    return b"%d" % number if kind != 1 else b"m%d" % number


def members(maker):
    # Now and then enough for a larger encoding.
    count = 1 + maker.random.randrange(4) if not maker.chance(25) else maker.pick((130, 520))
    return [member(maker) for _ in range(count)]


def keys(maker):
    return [key(maker) for _ in range(1 + maker.random.randrange(4))]


def sintercard(maker):
    names = keys(maker)
    count = b"%d" % len(names) if not maker.chance(6) else maker.pick(COUNTS)
    options = []
    while maker.chance(2):
        options += maker.pick(([b"limit", maker.pick(COUNTS)], [b"limit"], [b"nonsense"]))
    return [b"sintercard", count, *names, *options]


def sscan_options(maker):
    options = []
    while maker.chance(2):
        options += maker.pick(([b"match", maker.pick((b"*", b"m*", b"?", b"[0-9]*", b""))],
                               [b"count", maker.pick((b"1", b"10", b"1000", b"0", b"-1", b"x"))], [b"count"], [b"nonsense"]))
    return options


def templates(maker):
    pick = maker.pick
    return (
        lambda: [b"sadd", key(maker), *members(maker)],
        lambda: [b"sadd", key(maker), *members(maker)],
        lambda: [b"sadd", key(maker), *members(maker)],
        lambda: [b"srem", key(maker), *members(maker)],
        lambda: [pick((b"scard", b"smembers")), key(maker)],
        lambda: [b"sismember", key(maker), member(maker)],
        lambda: [b"smismember", key(maker), *members(maker)],
        lambda: [b"smove", key(maker), key(maker), member(maker)],
        lambda: [pick((b"sinter", b"sunion", b"sdiff")), *keys(maker)],
        lambda: [pick((b"sinterstore", b"sunionstore", b"sdiffstore")), key(maker), *keys(maker)],
        lambda: sintercard(maker),
        lambda: [b"spop", key(maker), pick((b"0", b"1000000", b"1000000", *COUNTS[7:]))],
        lambda: [b"srandmember", key(maker), *([pick(COUNTS)] if maker.chance(2) else [])],
        lambda: [b"sscan", key(maker), pick((b"0", b"0", b"0", b"x", b"")), *sscan_options(maker)],
        lambda: [pick((b"type", b"exists", b"del", b"persist")), key(maker)],
        lambda: [b"object", b"encoding", key(maker)],
        lambda: [pick((b"rename", b"renamenx", b"copy")), key(maker), key(maker)],
    )
