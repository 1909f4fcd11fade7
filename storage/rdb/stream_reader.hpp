#pragma once

#include "storage/rdb/format.hpp"
#include "storage/rdb/reader.hpp"
#include "storage/value/stream.hpp"

namespace tidemark::storage::rdb {

// Reads a stream of one of the three types into an empty one, entry by entry; stream_writer.hpp has
// the layout of the last, of which the older ones lack parts. False where it is none: then the
// stream holds part of it.
bool read_stream(Reader& reader, Type type, Stream& stream);

// Its groups.
bool read_stream_groups(Reader& reader, Type type, Stream& stream);

// An id as its 16 bytes. REQUIRES: so many.
StreamId stream_id_of(Bytes raw);
// An id as two lengths.
StreamId next_stream_id(Reader& reader);

}  // namespace tidemark::storage::rdb
