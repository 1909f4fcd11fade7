"""Random commands of strings as rows of bits, as arrays of fields, and as HyperLogLogs."""


class BitCommands:
    """Templates for a Maker, whose helpers they use. Offsets stay small, but for those that are refused, so that no
    server fills its memory with zeros."""

    def __init__(self, maker):
        self.maker = maker
        pick, key = maker.pick, maker.key
        self.templates = (
            lambda: [b"setbit", key(), self.offset(), pick((b"0", b"1", b"0", b"1", b"2", maker.integer()))],
            lambda: [b"getbit", key(), self.offset()],
            lambda: [b"bitcount", key(), *self.range_options()],
            lambda: [b"bitpos", key(), pick((b"0", b"1", b"0", b"1", b"2", b"x")), *self.range_options()],
            lambda: [b"bitop", pick((b"and", b"or", b"xor", b"not", b"nand")), key(), key(), *maker.some(key)],
            lambda: [b"bitfield", key(), *self.field_operations(True)],
            lambda: [b"bitfield_ro", key(), *self.field_operations(maker.chance(8))],
            lambda: [b"pfadd", key(), *maker.some(maker.value)],
            lambda: [b"pfcount", key(), *maker.some(key)],
            lambda: [b"pfmerge", key(), *maker.some(key)],
            lambda: [b"pfdebug", pick((b"encoding", b"todense", b"nonsense", b"getreg")), key()],
        )

    def offset(self):
        maker = self.maker
        return maker.pick((b"%d" % maker.random.randrange(3000), b"%d" % maker.random.randrange(70),
                           maker.pick((b"-1", b"4294967296", b"9223372036854775807", b"", b"x", b"1.0", b" 1"))))

    def range_options(self):
        maker = self.maker
        options = [maker.index() for _ in range(maker.random.randrange(4))]
        if maker.chance(2):
            options.append(maker.pick((b"byte", b"bit", b"BIT", b"bite")))
        return options

    def field_type(self):
        maker = self.maker
        width = maker.pick((1, 2, 5, 7, 8, 16, 31, 32, 33, 62, 63, 64))
        return maker.pick((b"i%d" % width, b"u%d" % width, b"i%d" % width,
                           maker.pick((b"u64", b"i65", b"u0", b"x8", b"i", b""))))

    def field_operations(self, writes):
        maker = self.maker
        operations = []
        while maker.chance(2) or not operations:
            place = [self.field_type(), maker.pick((b"", b"", b"#")) + self.offset()]
            choices = [[b"get", *place]]
            if writes:
                choices += [[b"set", *place, maker.integer()], [b"incrby", *place, maker.integer()],
                            [b"overflow", maker.pick((b"wrap", b"sat", b"fail", b"nonsense"))]]
            operations += maker.pick(choices)
        return operations
