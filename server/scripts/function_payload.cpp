#include "server/scripts/function_payload.hpp"

#include "storage/rdb/crc64.hpp"
#include "storage/rdb/format.hpp"
#include "storage/rdb/payload.hpp"
#include "storage/rdb/reader.hpp"

namespace tidemark::server {

namespace {

namespace rdb = storage::rdb;

// What stands before a library, in payloads and in files.
constexpr uint8_t kFunctionMark = 245;

}  // namespace

std::string make_function_payload(const std::vector<Bytes>& codes,
                                  storage::rdb::Compression compression) {
  rdb::Writer writer(compression);
  for (const Bytes code : codes) {
    writer.put_byte(kFunctionMark);
    writer.put_string(code);
  }
  writer.put_byte(rdb::kVersion & 0xff);
  writer.put_byte(rdb::kVersion >> 8);
  writer.put_fixed64(rdb::crc64(0, writer.bytes()));
  return writer.take();
}

FunctionCodes read_function_payload(Bytes payload) {
  FunctionCodes read;
  const auto body = rdb::open_payload(payload, rdb::Checksum::verify);
  if (!body) {
    read.error = "ERR DUMP payload version or checksum are wrong";
    return read;
  }
  rdb::Reader reader(*body);
  std::string scratch;
  while (reader.remaining() > 0) {
    if (reader.next_byte() != kFunctionMark) {
      read.error = "ERR given type is not a function";
      return read;
    }
    read.codes.emplace_back(reader.next_string(scratch));
    if (reader.failed()) {
      read.error = "ERR Failed loading library data";
      return read;
    }
  }
  return read;
}

}  // namespace tidemark::server
