"""Random commands of the sorted set family: see random_commands.py.

What ranges of members mean where scores differ is nobody's promise, so those commands keep to keys of their own
whose scores are all alike. Of what ZRANDMEMBER picks only the number is compared.
"""

from random_values import TIMEOUTS

KEYS = (b"z:1", b"z:2", b"z:3", b"{tag}z", b"{tag}z:2")
LEX_KEYS = (b"lex:1", b"lex:2")
MEMBERS = (b"", b"a", b"b", b"1", b"2", b"-1", b"9223372036854775807", b"007", b"1.5", b"\x00\xff", b"x" * 64,
           b"y" * 65, b"z" * 3000)
SCORES = (b"0", b"1", b"-1", b"0.1", b"-0", b"1.5", b"inf", b"-inf", b"+inf", b"1e300", b"-1e300", b"1e-300", b"5e-324",
          b"0x10", b"1e21", b"9007199254740993", b"123456789.123456789", b"3.0", b"17179869184", b"nan", b"abc", b"",
          b" 1", b"1 ", b"1e400", b"--1", b"infinity")
BOUNDS = (b"-inf", b"+inf", b"(-inf", b"(inf", b"0", b"(0", b"5", b"(5", b"10", b"(10", b"0.5", b"-1", b"(1e400", b"1e400",
          b" 1", b"", b"(", b"x", b"((1", b"nan", b"1x", b"0x5", b"1\x00x")
LEX_BOUNDS = (b"-", b"+", b"[", b"(", b"[m1", b"(m1", b"[m2", b"(m3", b"[1", b"(5", b"[m", b"(z", b"[m39", b"x", b"", b"--", b"+1",
              b"[\xff", b"(\x00")
COUNTS = (b"0", b"1", b"2", b"-1", b"-3", b"100", b"9223372036854775807", b"9223372036854775808", b"x", b"", b"1.5", b"+1",
          b" 1")
INDEXES = tuple(b"%d" % n for n in (0, 1, 2, 5, -1, -2, -5, 40, -40, 2**31, 2**63 - 1, -2**63)) + (b"x", b"2.5", b"")
WEIGHTS = (b"1", b"2", b"0", b"-1", b"0.5", b"inf", b"-inf", b"x", b"nan")


def key(maker):
    return maker.pick(KEYS) if not maker.chance(12) else maker.key()


def member(maker):
    kind = maker.random.randrange(5)
    if kind == 0:
        return maker.pick(MEMBERS)
    return (b"m%d" if kind < 4 else b"%d") % maker.random.randrange(40 if kind < 3 else 400)


def score(maker):
    kind = maker.random.randrange(5)
    if kind == 0:
        return maker.pick(SCORES)
    return b"%d" % maker.random.randrange(20) if kind < 4 else b"%r" % maker.random.uniform(-5, 20)


def elements(maker, make_score=score):
    # Now and then enough for the larger encoding.
    count = 1 + maker.random.randrange(4) if not maker.chance(20) else 150
    return [part for _ in range(count) for part in (make_score(maker), member(maker))]


def add_options(maker):
    words = (b"nx", b"xx", b"gt", b"lt", b"ch", b"ch", b"incr")
    return [maker.pick(words) for _ in range(maker.pick((0, 0, 1, 1, 2, 3)))]


def zadd(maker):
    options = add_options(maker)
    given = elements(maker)
    return [b"zadd", key(maker), *options, *(given[:2] if b"incr" in options and not maker.chance(4) else given)]


def limit(maker):
    return [b"limit", maker.pick(INDEXES), maker.pick(INDEXES)] if maker.chance(2) else []


def some_of(maker, words):
    return [word for word in words if maker.chance(3)]


def zrange(maker):
    kind = maker.random.randrange(4)
    if kind == 0:
        return [b"zrange", key(maker), maker.pick(INDEXES), maker.pick(INDEXES), *some_of(maker, (b"rev", b"withscores"))]
    if kind == 1:
        return [b"zrange", key(maker), maker.pick(BOUNDS), maker.pick(BOUNDS), b"byscore",
                *some_of(maker, (b"rev", b"withscores")), *limit(maker)]
    if kind == 2:
        return [b"zrange", maker.pick(LEX_KEYS), maker.pick(LEX_BOUNDS), maker.pick(LEX_BOUNDS), b"bylex",
                *some_of(maker, (b"rev", b"withscores")), *limit(maker)]
    return [b"zrange", key(maker), maker.pick(INDEXES), maker.pick(BOUNDS),
            *some_of(maker, (b"byscore", b"bylex", b"rev", b"withscores", b"nonsense")), *limit(maker)]


def zrangestore(maker):
    command = zrange(maker)
    return [b"zrangestore", key(maker), *command[1:]]


def by_score(maker):
    return [maker.pick((b"zrangebyscore", b"zrevrangebyscore")), key(maker), maker.pick(BOUNDS), maker.pick(BOUNDS),
            *some_of(maker, (b"withscores", b"rev")), *limit(maker)]


def by_member(maker):
    return [maker.pick((b"zrangebylex", b"zrevrangebylex")), maker.pick(LEX_KEYS), maker.pick(LEX_BOUNDS),
            maker.pick(LEX_BOUNDS), *limit(maker)]


def numbered_keys(maker):
    names = [key(maker) for _ in range(1 + maker.random.randrange(3))]
    return [b"%d" % len(names) if not maker.chance(10) else maker.pick(COUNTS), *names]


def algebra_options(maker, count):
    options = []
    while maker.chance(2):
        options += maker.pick(([b"weights", *[maker.pick(WEIGHTS[:5] * 3 + WEIGHTS) for _ in range(count)]],
                               [b"aggregate", maker.pick((b"sum", b"min", b"max", b"avg"))], [b"withscores"],
                               [b"withscores"], [b"nonsense"], [b"aggregate"]))
    return options


def algebra(maker):
    keys = numbered_keys(maker)
    name = maker.pick((b"zunion", b"zinter", b"zdiff"))
    options = algebra_options(maker, len(keys) - 1) if name != b"zdiff" else some_of(maker, (b"withscores", b"x"))
    if maker.chance(2):
        return [name, *keys, *options]
    return [name + b"store", key(maker), *keys, *[word for word in options if word != b"withscores"]]


def zintercard(maker):
    options = []
    while maker.chance(2):
        options += maker.pick(([b"limit", maker.pick(COUNTS)], [b"limit"], [b"nonsense"]))
    return [b"zintercard", *numbered_keys(maker), *options]


def zmpop(maker):
    count = [b"count", maker.pick(COUNTS)] if maker.chance(2) else []
    return [b"zmpop", *numbered_keys(maker), maker.pick((b"min", b"max", b"min", b"max", b"x")), *count]


def zrandmember(maker):
    counts = (b"0", b"1", b"2", b"-3", b"100", b"-100", b"x", b"-9223372036854775808")
    options = [maker.pick(counts), *some_of(maker, (b"withscores", b"x"))] if not maker.chance(3) else []
    return [b"zrandmember", key(maker), *options]


def zscan_options(maker):
    options = []
    while maker.chance(2):
        options += maker.pick(([b"match", maker.pick((b"*", b"m*", b"?", b"[0-9]*", b""))],
                               [b"count", maker.pick((b"1", b"10", b"1000", b"0", b"-1", b"x"))], [b"count"], [b"nonsense"]))
    return options


def templates(maker):
    pick = maker.pick
    return (
        lambda: zadd(maker),
        lambda: zadd(maker),
        lambda: [b"zadd", key(maker), *elements(maker)],
        lambda: [b"zadd", pick(LEX_KEYS), *elements(maker, lambda _: b"0")],
        lambda: [b"zincrby", key(maker), score(maker), member(maker)],
        lambda: [b"zrem", key(maker), *[member(maker) for _ in range(1 + maker.random.randrange(5))]],
        lambda: [b"zcard", key(maker)],
        lambda: [b"zcount", key(maker), pick(BOUNDS), pick(BOUNDS)],
        lambda: [b"zlexcount", pick(LEX_KEYS), pick(LEX_BOUNDS), pick(LEX_BOUNDS)],
        lambda: [b"zscore", key(maker), member(maker)],
        lambda: [b"zmscore", key(maker), *[member(maker) for _ in range(1 + maker.random.randrange(4))]],
        lambda: [pick((b"zrank", b"zrevrank")), key(maker), member(maker)],
        lambda: zrange(maker),
        lambda: zrange(maker),
        lambda: zrangestore(maker),
        lambda: [b"zrevrange", key(maker), pick(INDEXES), pick(INDEXES), *some_of(maker, (b"withscores", b"rev"))],
        lambda: by_score(maker),
        lambda: by_member(maker),
        lambda: algebra(maker),
        lambda: algebra(maker),
        lambda: zintercard(maker),
        lambda: [pick((b"zpopmin", b"zpopmax")), key(maker), *([pick(COUNTS)] if maker.chance(2) else [])],
        lambda: zmpop(maker),
        lambda: [b"bzmpop", pick(TIMEOUTS), *zmpop(maker)[1:]],
        lambda: [pick((b"bzpopmin", b"bzpopmax")), *[key(maker) for _ in range(1 + maker.random.randrange(3))], pick(TIMEOUTS)],
        lambda: zrandmember(maker),
        lambda: [b"zremrangebyrank", key(maker), pick(INDEXES), pick(INDEXES)],
        lambda: [b"zremrangebyscore", key(maker), pick(BOUNDS), pick(BOUNDS)],
        lambda: [b"zremrangebylex", pick(LEX_KEYS), pick(LEX_BOUNDS), pick(LEX_BOUNDS)],
        lambda: [b"zscan", key(maker), pick((b"0", b"0", b"0", b"x", b"")), *zscan_options(maker)],
        lambda: [pick((b"type", b"exists", b"del", b"persist")), key(maker)],
        lambda: [b"object", b"encoding", key(maker)],
        lambda: [pick((b"rename", b"renamenx", b"copy")), key(maker), key(maker)],
    )
