"""Random commands of the hash family: see random_commands.py.

Of what HRANDFIELD picks only the number is compared.
"""

KEYS = (b"h:1", b"h:2", b"h:3", b"{tag}h", b"{tag}h:2")
FIELDS = (b"", b"a", b"b", b"1", b"2", b"-1", b"9223372036854775807", b"007", b"1.5", b"\x00\xff", b"x" * 64, b"y" * 65,
          b"z" * 3000)
VALUES = (b"", b"v", b"0", b"1", b"-1", b"10", b"9223372036854775807", b"-9223372036854775808", b"9223372036854775808",
          b"007", b" 1", b"1 ", b"1.5", b"-0", b"1e3", b"inf", b"nan", b"x" * 64, b"y" * 65, b"z" * 300, b"w" * 5000)
INCREMENTS = (b"0", b"1", b"-1", b"5", b"2147483648", b"9223372036854775807", b"-9223372036854775808",
              b"9223372036854775808", b"x", b"", b"1.5", b"+1", b" 1")
FLOATS = INCREMENTS + (b"0.1", b"-0.1", b"1e3", b"1e300", b"-1e300", b"1e4932", b"1e5000", b"inf", b"-inf", b"nan", b"0x10",
                       b"5e-324", b"3.0", b"1e", b"--1")
COUNTS = (b"0", b"1", b"2", b"-1", b"-3", b"100", b"-100", b"1000000", b"9223372036854775808", b"-9223372036854775808",
          b"4611686018427387904", b"x", b"", b"1.5", b"+1", b" 1")


def key(maker):
    return maker.pick(KEYS) if not maker.chance(12) else maker.key()


def field(maker):
    kind = maker.random.randrange(5)
    if kind == 0:
        return maker.pick(FIELDS)
    return (b"f%d" if kind < 4 else b"%d") % maker.random.randrange(40 if kind < 3 else 400)


def value(maker):
    return maker.pick(VALUES) if maker.chance(3) else b"%d" % maker.random.randrange(10**6)


def pairs(maker):
    # Now and then enough for the larger encoding.
    count = 1 + maker.random.randrange(4) if not maker.chance(25) else maker.pick((130, 520))
    return [part for _ in range(count) for part in (field(maker), value(maker))]


def fields(maker):
    return [field(maker) for _ in range(1 + maker.random.randrange(5))]


def hrandfield(maker):
    options = [maker.pick(COUNTS), *[b"withvalues" for _ in range(maker.pick((0, 0, 1, 1, 2)))]]
    return [b"hrandfield", key(maker), *(options if not maker.chance(3) else [])]


def hscan_options(maker):
    options = []
    while maker.chance(2):
        options += maker.pick(([b"match", maker.pick((b"*", b"f*", b"?", b"[0-9]*", b""))],
                               [b"count", maker.pick((b"1", b"10", b"1000", b"0", b"-1", b"x"))], [b"count"], [b"nonsense"]))
    return options


def templates(maker):
    pick = maker.pick
    return (
        lambda: [pick((b"hset", b"hmset")), key(maker), *pairs(maker)],
        lambda: [b"hset", key(maker), *pairs(maker)],
        lambda: [b"hset", key(maker), *pairs(maker)],
        lambda: [b"hsetnx", key(maker), field(maker), value(maker)],
        lambda: [pick((b"hget", b"hstrlen", b"hexists")), key(maker), field(maker)],
        lambda: [b"hmget", key(maker), *fields(maker)],
        lambda: [b"hdel", key(maker), *fields(maker)],
        lambda: [b"hdel", key(maker), *fields(maker)],
        lambda: [b"hlen", key(maker)],
        lambda: [pick((b"hgetall", b"hkeys", b"hvals")), key(maker)],
        lambda: [b"hincrby", key(maker), field(maker), pick(INCREMENTS)],
        lambda: [b"hincrbyfloat", key(maker), field(maker), pick(FLOATS)],
        lambda: hrandfield(maker),
        lambda: [b"hscan", key(maker), pick((b"0", b"0", b"0", b"x", b"")), *hscan_options(maker)],
        lambda: [pick((b"type", b"exists", b"del", b"persist")), key(maker)],
        lambda: [b"object", b"encoding", key(maker)],
        lambda: [pick((b"rename", b"renamenx", b"copy")), key(maker), key(maker)],
    )
