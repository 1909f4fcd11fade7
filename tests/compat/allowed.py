"""The differences between our replies and those of redis-server 7.0.15 that are allowed, each with its reason.

A rule gets the command's first word in lower case, the command, our reply and theirs, which differ, and says
whether they say the same. The first line of its text is the reason.
"""
import re

from random_streams import same as same_stream
from replies import bulks, bulks_in, pairs, parsed

RULES = []


def rule(*names):
    """Of these commands, or of all where none is named."""
    def add(function):
        RULES.append((frozenset(names), function))
        return function
    return add


def same(command, ours, theirs):
    """Whether two replies to a command say the same."""
    if ours == theirs:
        return True
    name = command[0].lower() if command else b""
    return any(function(name, command, ours, theirs) for names, function in RULES if not names or name in names)


TOLERATED_MS = {b"ttl": 60, b"expiretime": 60, b"pttl": 60000, b"pexpiretime": 60000}


@rule(*TOLERATED_MS)
def clocks(name, command, ours, theirs):
    """Each server reads its own clock, at its own time."""
    if not ours[:1] == theirs[:1] == b":":
        return False
    return min(int(ours[1:]), int(theirs[1:])) >= 0 and abs(int(ours[1:]) - int(theirs[1:])) <= TOLERATED_MS[name]


@rule(b"keys", b"smembers", b"sinter", b"sunion", b"sdiff", b"spop", b"hkeys", b"hvals")
def order(name, command, ours, theirs):
    """The order of keys and of members is a server's own."""
    return ours[:1] == theirs[:1] and ours[:1] in (b"*", b"~") and sorted(bulks(ours)) == sorted(bulks(theirs))


@rule(b"hgetall")
def order_of_fields(name, command, ours, theirs):
    """The order of fields is a server's own."""
    return ours[:1] == theirs[:1] and ours[:1] in (b"*", b"%") and sorted(pairs(ours)) == sorted(pairs(theirs))


@rule(b"randomkey", b"srandmember", b"zrandmember", b"hrandfield")
def chance(name, command, ours, theirs):
    """Left to chance: only the type of the reply is compared, and the length of an array."""
    if ours[:1] == theirs[:1] == b"*":
        return ours.split(b"\r\n", 1)[0] == theirs.split(b"\r\n", 1)[0]
    return ours[:3] == theirs[:3] or (ours[:1] == theirs[:1] == b"$" and b"-1" not in (ours[1:3], theirs[1:3]))


QUOTING = (b"-ERR unknown command", b"-ERR Unsupported option", b"-ERR Syntax error in HELLO option", b"-NOGROUP",
           b"-ERR Unrecognized XCLAIM option", b"-ERR unknown subcommand")


@rule()
def quotes(name, command, ours, theirs):
    """Redis cuts what it quotes at a zero byte, and drops line ends at its end; here they become blanks."""
    if not any(byte in word for word in command for byte in (b"\0", b"\r", b"\n")):
        return False
    return any(ours.startswith(text) and theirs.startswith(text) for text in QUOTING)


# HELLO names a version and a connection's number.
HELLO_FACTS = re.compile(rb"(?<=version\r\n)\$\d+\r\n[\d.]+|(?<=id\r\n):\d+")


@rule(b"hello")
def hello(name, command, ours, theirs):
    """7.2 reads all of HELLO's options before it authenticates, where 7.0 does so as it reads; versions differ."""
    if theirs.startswith(b"-WRONGPASS"):
        twice = [word.lower() for word in command].count(b"auth") > 1
        return twice or ours.startswith((b"-ERR Syntax error in HELLO", b"-ERR Client names cannot"))
    return HELLO_FACTS.sub(b"", ours) == HELLO_FACTS.sub(b"", theirs)


@rule(b"object")
def object_times(name, command, ours, theirs):
    """How long a key has been idle is told by each server's clock, and references are not shared here."""
    asked = command[1].lower() if len(command) > 1 else b""
    if asked in (b"idletime", b"refcount"):
        return ours[:1] == theirs[:1] == b":"
    return asked == b"help" and ours[:2] == theirs[:2] == b"*1"


@rule(b"sort", b"sort_ro")
def texts_with_zero_bytes(name, command, ours, theirs):
    """To Redis two texts are alike where they are up to a zero byte."""
    return b"\0" in ours and sorted(bulks_in(ours)) == sorted(bulks_in(theirs))


@rule()
def ids_with_zero_bytes(name, command, ours, theirs):
    """Redis reads the id of a stream's entry up to a zero byte."""
    return name.startswith(b"x") and ours.startswith(b"-ERR Invalid stream ID") and any(b"\0" in word for word in command)


@rule(b"dump")
def dumps(name, command, ours, theirs):
    """Versions differ, and so do the forms that values have: what they hold is compared as soon as they are restored."""
    return ours[:1] == theirs[:1] == b"$" and b"$-1\r\n" not in (ours, theirs)


@rule(b"lpos")
def rank_without_opposite(name, command, ours, theirs):
    """Redis 7.0 turns the least of all ranks round and gets the same one."""
    return b"-9223372036854775808" in command


COUNTED = (b"zunionstore", b"zinterstore", b"zdiffstore", b"zunion", b"zinter", b"zdiff", b"zintercard", b"sintercard",
           b"zmpop", b"lmpop", b"bzmpop", b"blmpop", b"pfmerge")


@rule(b"command")
def keys_of_calls(name, command, ours, theirs):
    """7.2 finds keys by specifications: it reads a count of keys as a whole where 7.0 does as atoi(), and takes a count of 0
    and no source at all for no mistake; and ZRANK has an option."""
    if theirs.startswith(b"-ERR wrong number of arguments for 'command|getkeys'"):
        return True
    return ours[:1] != theirs[:1] and command[2].lower() in (*COUNTED, b"zrank", b"zrevrank")


@rule(b"zrank", b"zrevrank")
def rank_with_score(name, command, ours, theirs):
    """7.2 has an option there."""
    return len(command) > 3 and theirs.startswith(b"-ERR wrong number of arguments")


@rule(b"object")
def encodings(name, command, ours, theirs):
    """Whatever spells an integer is kept as one here, which Redis forgets after INCRBYFLOAT and SETRANGE; short sets
    and lists are packed under a name of their own since 7.2; Redis makes what it sorts a skiplist."""
    if command[1].lower() != b"encoding":
        return False
    ours, theirs = parsed(ours), parsed(theirs)
    if command[2:3] == [b"sort:z"] and (ours, theirs) == (b"listpack", b"skiplist"):
        return True
    return (ours, theirs) in ((b"listpack", b"hashtable"), (b"listpack", b"quicklist"), (b"int", b"embstr"), (b"int", b"raw"))


@rule()
def streams(name, command, ours, theirs):
    """Times, and what 7.2 and 7.4 have changed: see random_streams.py."""
    return bool(same_stream(command, ours, theirs))
