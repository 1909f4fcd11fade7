"""What can be read out of a reply's bytes."""


def parsed(reply):
    """A reply as lists, bytes, integers and None; of an error or a status its line, sign included."""
    value, _ = parsed_at(reply, 0)
    return value


def parsed_at(reply, at):
    end = reply.index(b"\r\n", at)
    kind, rest, at = reply[at:at + 1], reply[at + 1:end], end + 2
    if kind in b"$=":
        size = int(rest)
        return (None, at) if size < 0 else (reply[at:at + size], at + size + 2)
    if kind in b"*~>%":
        items, found = int(rest) * (2 if kind == b"%" else 1), []
        for _ in range(items):
            item, at = parsed_at(reply, at)
            found.append(item)
        return found, at
    if kind == b":":
        return int(rest), at
    return (None if kind == b"_" else kind + rest), at


def bulks(reply):
    """The bulk strings in a flat array or set."""
    found, at = [], reply.index(b"\r\n") + 2
    while at < len(reply):
        end = reply.index(b"\r\n", at)
        size = int(reply[at + 1:end])
        found.append(reply[end + 2:end + 2 + size])
        at = end + 2 + size + 2
    return found


def pairs(reply):
    """The bulk strings of a flat array or map, two by two."""
    flat = bulks(reply)
    return list(zip(flat[::2], flat[1::2]))


def bulks_in(reply):
    """The bulk strings anywhere in a reply."""
    def spread(item):
        return [bulk for part in item for bulk in spread(part)] if isinstance(item, list) else [item]
    return [item for item in spread(parsed(reply)) if isinstance(item, bytes)]
