"""Random commands of the list family."""

from random_values import TIMEOUTS

LISTS = (b"l", b"m", b"{tag}l", b"long")


def templates(maker):
    """Functions that make one command each, for a random_commands.Maker."""
    pick, value, index, small = maker.pick, maker.value, maker.index, maker.small

    def key():
        return pick(LISTS) if not maker.chance(8) else maker.key()

    def element():
        return pick((b"a", b"b", b"1", b"2", b"01")) if not maker.chance(3) else value()

    def elements():
        return [element() for _ in range(maker.random.randrange(1, 5))]

    def many():
        return [b"rpush", b"long", *(b"%d" % n for n in range(maker.random.randrange(200)))]

    def end():
        return pick((b"left", b"right", b"LEFT", b"Right")) if not maker.chance(15) else value()

    def keys():
        return [key() for _ in range(maker.random.randrange(1, 4))]

    def counted_keys():
        named = keys()
        count = b"%d" % len(named) if not maker.chance(10) else maker.integer()
        count_option = [] if maker.chance(2) else [b"count", pick((small(), maker.integer()))]
        return [count, *named, end(), *count_option]

    def position_options():
        options = []
        while maker.chance(2):
            # Redis 7.0 turns the least of all ranks round and gets the same one.
            rank = index()
            options += pick(([b"rank", b"1" if rank == b"-9223372036854775808" else rank],
                             [b"count", index()], [b"maxlen", index()], [b"rank"], [b"nonsense", b"1"]))
        return options

    return (
        lambda: [pick((b"lpush", b"rpush", b"rpush")), key(), *elements()],
        lambda: [pick((b"lpush", b"rpush", b"rpush")), key(), *elements()],
        lambda: [pick((b"lpushx", b"rpushx")), key(), *elements()],
        many,
        lambda: [pick((b"lpop", b"rpop")), key()],
        lambda: [pick((b"lpop", b"rpop")), key(), pick((small(), maker.integer()))],
        lambda: [b"llen", key()],
        lambda: [b"lrange", key(), index(), index()],
        lambda: [b"lindex", key(), index()],
        lambda: [b"lset", key(), index(), element()],
        lambda: [b"linsert", key(), pick((b"before", b"AFTER", b"before", b"nonsense")), element(), element()],
        lambda: [b"lrem", key(), index(), element()],
        lambda: [b"ltrim", key(), index(), index()],
        lambda: [b"lpos", key(), element(), *position_options()],
        lambda: [b"lmove", key(), key(), end(), end()],
        lambda: [b"rpoplpush", key(), key()],
        lambda: [b"lmpop", *counted_keys()],
        lambda: [pick((b"blpop", b"brpop")), *keys(), pick(TIMEOUTS)],
        lambda: [b"blmove", key(), key(), end(), end(), pick(TIMEOUTS)],
        lambda: [b"brpoplpush", key(), key(), pick(TIMEOUTS)],
        lambda: [b"blmpop", pick(TIMEOUTS), *counted_keys()],
        lambda: [b"object", b"encoding", key()],
    )
