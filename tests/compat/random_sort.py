"""Random SORT and SORT_RO, of keys of their own: a set that is not sorted answers in an order of the server's own."""

LISTS = (b"sort:l", b"sort:m")
SETS = (b"sort:s",)
# Redis makes what it sorts a skiplist; here reading changes nothing.
ORDERED_SETS = (b"sort:z",)
ELEMENTS = (b"1", b"2", b"3", b"10", b"-1", b"2.5", b"1e2", b"0x10", b"+2", b" 1", b"", b"inf", b"-inf", b"-0", b"0")
TEXTS = (b"a", b"b", b"B", b"ab", b"\xff", b"x" * 70, b"nan", b"1 ", b"1e400", b"5e-324", b"-9223372036854775808",
         b"9223372036854775808")
PATTERNS = (b"w_*", b"w_*", b"n_*_x", b"none_*", b"sort:*", b"*", b"w_**", b"h_*->f", b"h_*->g", b"h_*->", b"w_*->f", b"->*",
            b"*->f", b"h_*->f->g")
PLACELESS = (b"nosort", b"", b"w_", b"#", b"h_1->f")


def templates(maker):
    """Functions that make one command each, for a random_commands.Maker."""
    pick, chance = maker.pick, maker.chance

    def below(bound):
        return maker.random.randrange(bound)

    def element():
        return pick(TEXTS) if chance(20) else pick(ELEMENTS)

    def many(make):
        return [make() for _ in range(below(8) + 1)]

    def scored():
        return [part for _ in range(below(5) + 1) for part in (b"%d" % below(10), element())]

    def gets():
        found = []
        while chance(2):
            found += [b"get", pick(PATTERNS + PLACELESS + (b"#",))]
        return found

    def limit():
        return [b"limit", maker.index(), maker.index()]

    def sort():
        keep = [b"store", pick(LISTS)] if chance(3) else []
        source = pick(LISTS + ORDERED_SETS + SETS)
        options = [*gets()]
        # Elements of equal texts stay in the order in which they lie, which only a list tells.
        alpha = source in LISTS and chance(3)
        by = pick(PLACELESS) if chance(4) and (keep or source not in SETS) else pick(PATTERNS)
        if chance(2):
            options += [b"by", by]
        # Of several elements with the same text, any may be first where only a part is sorted.
        if chance(3) and not (alpha and b"by" in options):
            options += limit()
        options += [*([b"alpha"] if alpha else []), *pick(([], [b"desc"], [b"asc"], [b"desc", b"asc"]))]
        if chance(25):
            options += pick(([b"limit", b"1"], [b"nonsense"], [b"by"], [b"get"], [b"store"]))
        if chance(20):
            source = pick((b"sort:zero", b"h_1", b"none"))
        # Redis 7.0 takes what any command before it found out of range for its own elements' fault; a number that is in
        # range makes it forget.
        return [[b"incrbyfloat", b"sort:zero", b"0"], [pick((b"sort", b"sort", b"sort_ro")), source, *options, *keep]]

    return (
        *[sort] * 8,
        lambda: [b"rpush", pick(LISTS), *many(element)],
        lambda: [b"sadd", pick(SETS), *many(element)],
        lambda: [b"zadd", pick(ORDERED_SETS), *scored()],
        lambda: [b"del", pick(LISTS + SETS + ORDERED_SETS)],
        lambda: [b"set", pick((b"w_", b"n_")) + element() + pick((b"", b"_x")), element()],
        lambda: [b"hset", b"h_" + element(), pick((b"f", b"g", b"")), element()],
        lambda: [b"lrange", pick(LISTS), b"0", b"-1"],
    )
