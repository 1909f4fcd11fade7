#include "storage/rdb/payload.hpp"

#include "storage/rdb/crc64.hpp"
#include "storage/rdb/format.hpp"
#include "storage/rdb/reader.hpp"
#include "storage/rdb/value_writer.hpp"

namespace tidemark::storage::rdb {

namespace {

constexpr size_t kVersionBytes = 2;
constexpr size_t kFooterBytes = kVersionBytes + 8;

}  // namespace

std::string make_payload(const Entry& entry, Compression compression) {
  Writer writer(compression);
  const Type type = type_of(entry);
  const uint16_t version = type == Type::hash_with_ends ? kVersionWithEnds : kVersion;
  writer.put_byte(static_cast<uint8_t>(type));
  write_value(writer, entry);
  writer.put_byte(version & 0xff);
  writer.put_byte(static_cast<uint8_t>(version >> 8));
  writer.put_fixed64(crc64(0, writer.bytes()));
  return writer.take();
}

std::optional<Bytes> open_payload(Bytes payload, Checksum checksum) {
  if (payload.size() < kFooterBytes) return std::nullopt;
  const Bytes body = payload.substr(0, payload.size() - kFooterBytes);
  Reader footer(payload.substr(body.size()));
  const unsigned low = footer.next_byte();
  const unsigned version = low | (unsigned{footer.next_byte()} << 8);
  if (version > kVersionWithEnds) return std::nullopt;
  if (checksum == Checksum::verify &&
      footer.next_fixed64() != crc64(0, payload.substr(0, body.size() + kVersionBytes))) {
    return std::nullopt;
  }
  return body;
}

Result<EntryOwner> read_payload(Bytes body, Bytes key, const ValueLimits& limits, Bytes* wrong) {
  Reader reader(body);
  const uint8_t type = reader.next_byte();
  Result<EntryOwner> entry =
      reader.failed() ? Errc::corrupt : read_value(reader, type, key, limits);
  if (!entry && wrong != nullptr) *wrong = what_is_wrong(reader, type);
  return entry;
}

}  // namespace tidemark::storage::rdb
