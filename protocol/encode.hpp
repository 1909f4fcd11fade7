#pragma once

#include <cstdint>
#include <cstring>

#include "protocol/output.hpp"
#include "protocol/reply.hpp"
#include "storage/base/bytes.hpp"
#include "storage/base/number.hpp"

// The pieces that replies are made of on the wire: what encode() uses, and what a handler uses that
// streams a large answer into an Output without a Reply for every element. The caller answers for
// the counts: after write_array_header(out, 3) there must be three elements.

namespace tidemark::protocol {

namespace internal {

// A type byte, an integer and CR LF. `at` needs room for kInt64CharsMax + 3 bytes.
inline char* put_line(char* at, char type, int64_t value) {
  *at = type;
  at = format_int64(at + 1, value);
  std::memcpy(at, "\r\n", 2);
  return at + 2;
}

}  // namespace internal

// A type byte, an integer and CR LF.
inline void write_line(Output& out, char type, int64_t value) {
  char* const room = out.reserve(kInt64CharsMax + 3);
  out.commit_to(internal::put_line(room, type, value));
}

inline void write_integer(Output& out, int64_t value) { write_line(out, ':', value); }

inline void write_bulk(Output& out, Bytes bytes) {
  char* at = out.reserve(kInt64CharsMax + 5 + bytes.size());
  at = internal::put_line(at, '$', static_cast<int64_t>(bytes.size()));
  if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
  at += bytes.size();
  std::memcpy(at, "\r\n", 2);
  out.commit_to(at + 2);
}

void write_bulk_integer(Output& out, int64_t value);
// Text without CR and LF behind a type byte: '+' a status, '-' an error, '(' a big number.
void write_text(Output& out, char type, Bytes text);
void write_null(Output& out, RespVersion version);
void write_null_array(Output& out, RespVersion version);
void write_real(Output& out, RespVersion version, double value);
void write_boolean(Output& out, RespVersion version, bool value);

inline void write_array_header(Output& out, size_t items) {
  write_line(out, '*', static_cast<int64_t>(items));
}
void write_map_header(Output& out, RespVersion version, size_t pairs);
void write_set_header(Output& out, RespVersion version, size_t items);
void write_push_header(Output& out, RespVersion version, size_t items);

}  // namespace tidemark::protocol
