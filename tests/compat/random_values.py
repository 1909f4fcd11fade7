"""Keys, numbers and texts from the edges, for random commands of every family."""

WORDS = (b"", b" 1", b"1 ", b"+1", b"01", b"-0", b"1.5", b"abc", b"0x10", b"1e3", b"nan", b"inf")
EDGES = tuple(b"%d" % n for n in (
    0, 1, -1, 2, 10, 2**31 - 1, 2**31, -2**31, -2**31 - 1, 2**32, 2**53, 2**63 - 1, -2**63, 2**63, -2**63 - 1, 2**64))
SMALL = tuple(b"%d" % n for n in range(-12, 60))
FLOATS = EDGES + WORDS + (
    b"-1.5", b"1e10", b"1e300", b"1e4000", b"1e5000", b"-inf", b"0x1p3", b"3.0e3", b"1.", b".5", b"1e-5",
    b"5e-324", b"123456789.123456789", b"0.1", b"-0.1", b"1e17", b"infinity", b"NaN", b"--1", b"1e")
KEYS = (b"a", b"b", b"c", b"key:1", b"{tag}1", b"{tag}2", b"", b"with space", b"\r\n\x00\xff", b"x" * 300)
# Short, or no time at all. What overflows is "out of range" since 7.2, and "negative" before.
TIMEOUTS = (b"0.01", b"0.001", b"1e-3", b"-1", b"-0.5", b"nan", b"x", b"", b" 1", b"0.01x")
