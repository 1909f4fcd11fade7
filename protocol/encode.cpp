#include "protocol/encode.hpp"

#include <array>

namespace tidemark::protocol {
namespace {

void encode_items(std::span<const Reply> items, RespVersion version, Output& out) {
  for (const Reply& item : items) encode(item, version, out);
}

void encode_attribute(std::span<const Reply> items, RespVersion version, Output& out) {
  if (version == RespVersion::v2) return encode(items.back(), version, out);
  write_line(out, '|', static_cast<int64_t>(items.size() / 2));
  encode_items(items, version, out);
}

void encode_verbatim(Bytes text, RespVersion version, Output& out) {
  // RESP2 has no place for the format and its colon.
  if (version == RespVersion::v2) return write_bulk(out, text.substr(4));
  write_line(out, '=', static_cast<int64_t>(text.size()));
  out.append(text);
  out.append("\r\n");
}

// All kinds but those that encode() deals with itself. Apart, so that those need not save the
// registers that these do.
[[gnu::noinline]] void encode_rarer(const Reply& reply, RespVersion version, Output& out) {
  switch (reply.kind()) {
    case Reply::Kind::shared:
    case Reply::Kind::encoded:
    case Reply::Kind::integer:
    case Reply::Kind::bulk:
    case Reply::Kind::bulk_owned:
      break;  // encode() has done these
    case Reply::Kind::none:
      return;
    case Reply::Kind::status:
    case Reply::Kind::status_owned:
      return write_text(out, '+', reply.bytes());
    case Reply::Kind::error:
      return write_text(out, '-', reply.bytes());
    case Reply::Kind::bulk_integer:
      return write_bulk_integer(out, reply.integer_value());
    case Reply::Kind::null:
      return write_null(out, version);
    case Reply::Kind::null_array:
      return write_null_array(out, version);
    case Reply::Kind::real:
      return write_real(out, version, reply.real_value());
    case Reply::Kind::boolean:
      return write_boolean(out, version, reply.integer_value() != 0);
    case Reply::Kind::big_number:
      if (version == RespVersion::v2) return write_bulk(out, reply.bytes());
      return write_text(out, '(', reply.bytes());
    case Reply::Kind::verbatim:
      return encode_verbatim(reply.bytes(), version, out);
    case Reply::Kind::array:
      write_array_header(out, reply.items().size());
      return encode_items(reply.items(), version, out);
    case Reply::Kind::map:
      write_map_header(out, version, reply.items().size() / 2);
      return encode_items(reply.items(), version, out);
    case Reply::Kind::set:
      write_set_header(out, version, reply.items().size());
      return encode_items(reply.items(), version, out);
    case Reply::Kind::push:
      write_push_header(out, version, reply.items().size());
      return encode_items(reply.items(), version, out);
    case Reply::Kind::attribute:
      return encode_attribute(reply.items(), version, out);
  }
}

}  // namespace

void write_bulk_integer(Output& out, int64_t value) {
  std::array<char, kInt64CharsMax> digits;
  const char* const end = format_int64(digits.data(), value);
  write_bulk(out, Bytes(digits.data(), static_cast<size_t>(end - digits.data())));
}

void write_text(Output& out, char type, Bytes text) {
  char* const at = out.reserve(text.size() + 3);
  *at = type;
  text.copy(at + 1, text.size());
  std::memcpy(at + 1 + text.size(), "\r\n", 2);
  out.commit(text.size() + 3);
}

void write_null(Output& out, RespVersion version) {
  out.append(version == RespVersion::v2 ? Bytes("$-1\r\n") : Bytes("_\r\n"));
}

void write_null_array(Output& out, RespVersion version) {
  out.append(version == RespVersion::v2 ? Bytes("*-1\r\n") : Bytes("_\r\n"));
}

void write_real(Output& out, RespVersion version, double value) {
  std::array<char, kDoubleCharsMax> digits;
  const char* const end = format_double(digits.data(), value);
  const Bytes text(digits.data(), static_cast<size_t>(end - digits.data()));
  if (version == RespVersion::v2) {
    write_bulk(out, text);
  } else {
    write_text(out, ',', text);
  }
}

void write_boolean(Output& out, RespVersion version, bool value) {
  if (version == RespVersion::v2) {
    write_integer(out, value ? 1 : 0);
  } else {
    out.append(value ? Bytes("#t\r\n") : Bytes("#f\r\n"));
  }
}

void write_map_header(Output& out, RespVersion version, size_t pairs) {
  const bool flat = version == RespVersion::v2;
  write_line(out, flat ? '*' : '%', static_cast<int64_t>(flat ? 2 * pairs : pairs));
}

void write_set_header(Output& out, RespVersion version, size_t items) {
  write_line(out, version == RespVersion::v2 ? '*' : '~', static_cast<int64_t>(items));
}

void write_push_header(Output& out, RespVersion version, size_t items) {
  write_line(out, version == RespVersion::v2 ? '*' : '>', static_cast<int64_t>(items));
}

void encode(const Reply& reply, RespVersion version, Output& out) {
  switch (reply.kind()) {
    case Reply::Kind::shared:
    case Reply::Kind::encoded:
      return out.append(reply.bytes());
    case Reply::Kind::integer:
      return write_integer(out, reply.integer_value());
    case Reply::Kind::bulk:
    case Reply::Kind::bulk_owned:
      return write_bulk(out, reply.bytes());
    default:
      return encode_rarer(reply, version, out);
  }
}

}  // namespace tidemark::protocol
