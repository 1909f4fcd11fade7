"""Random commands of the geo family: see random_commands.py.

Of places at the very same distance it is nobody's promise which comes first, so no two are at the same point.
"""

KEYS = (b"geo:1", b"geo:2", b"{tag}geo")
MEMBERS = tuple(b"p%d" % n for n in range(200))
UNITS = (b"m", b"km", b"ft", b"mi", b"KM", b"x", b"")
NUMBERS = (b"0", b"-1", b"inf", b"nan", b"x", b"", b"1e400", b"0x10", b"-0")
COUNTS = (b"1", b"2", b"10", b"1000", b"0", b"-1", b"x", b"9223372036854775808")


def key(maker):
    return maker.pick(KEYS) if not maker.chance(12) else maker.key()


def member(maker):
    return maker.pick(MEMBERS) if not maker.chance(15) else maker.pick((b"", b"Rome", b"\x00"))


def point(maker):
    longitude, latitude = maker.random.gauss(13, 3), maker.random.gauss(42, 3)
    if maker.chance(2):
        longitude, latitude = maker.random.uniform(-180, 180), maker.random.uniform(-85, 85)
    point = [b"%r" % longitude, b"%r" % latitude]
    # One coordinate from the edges, so that the other one still tells points apart.
    if maker.chance(15):
        axis = maker.random.randrange(2)
        point[axis] = maker.pick(NUMBERS + ((b"180", b"-180", b"181"), (b"85.05112878", b"-85.05112878", b"86"))[axis])
    return point


def length(maker):
    return b"%r" % 10 ** maker.random.uniform(0, 7) if not maker.chance(10) else maker.pick(NUMBERS)


def unit(maker):
    return maker.pick(UNITS[:4]) if not maker.chance(10) else maker.pick(UNITS)


def options(maker, more):
    words = []
    while not maker.chance(3):
        words += maker.pick(([b"withdist"], [b"withcoord"], [b"withhash"], [b"asc"], [b"desc"],
                             [b"count", maker.pick(COUNTS[:4] * 3 + COUNTS)],
                             [b"count", maker.pick(COUNTS[:4]), b"any"], [b"any"], [b"count"], [b"nonsense"]))
    for choice in more:
        if maker.chance(3):
            words += choice
    return words


def stores(maker):
    return ([b"store", key(maker)], [b"storedist", key(maker)])


def geoadd(maker):
    words = [maker.pick((b"nx", b"xx", b"ch", b"gt")) for _ in range(maker.pick((0, 0, 0, 1, 2)))]
    count = 1 + maker.random.randrange(3) if not maker.chance(10) else 60
    return [b"geoadd", key(maker), *words, *[part for _ in range(count) for part in (*point(maker), member(maker))]]


def georadius(maker):
    name = maker.pick((b"georadius", b"georadius_ro"))
    return [name, key(maker), *point(maker), length(maker), unit(maker), *options(maker, stores(maker))]


def georadiusbymember(maker):
    name = maker.pick((b"georadiusbymember", b"georadiusbymember_ro"))
    return [name, key(maker), member(maker), length(maker), unit(maker), *options(maker, stores(maker))]


def area(maker):
    parts = [maker.pick(([b"frommember", member(maker)], [b"fromlonlat", *point(maker)])),
             maker.pick(([b"byradius", length(maker), unit(maker)], [b"bybox", length(maker), length(maker), unit(maker)]))]
    if maker.chance(10):
        parts.append(maker.pick(parts))
    if maker.chance(10):
        parts.pop(0)
    return [word for part in parts for word in part]


def geosearch(maker):
    return [b"geosearch", key(maker), *area(maker), *options(maker, ())]


def geosearchstore(maker):
    words = [word for word in options(maker, ([b"storedist"],)) if not word.startswith(b"with") or maker.chance(10)]
    return [b"geosearchstore", key(maker), key(maker), *area(maker), *words]


def templates(maker):
    pick = maker.pick
    return (
        lambda: geoadd(maker),
        lambda: geoadd(maker),
        lambda: geoadd(maker),
        lambda: [b"geodist", key(maker), member(maker), member(maker), *([unit(maker)] if maker.chance(2) else [])],
        lambda: [pick((b"geohash", b"geopos")), key(maker), *[member(maker) for _ in range(maker.random.randrange(4))]],
        lambda: georadius(maker),
        lambda: georadius(maker),
        lambda: georadiusbymember(maker),
        lambda: geosearch(maker),
        lambda: geosearch(maker),
        lambda: geosearchstore(maker),
        lambda: [b"zrange", key(maker), b"0", b"-1", b"withscores"],
        lambda: [b"zrem", key(maker), member(maker)],
        lambda: [pick((b"type", b"exists", b"del")), key(maker)],
    )
