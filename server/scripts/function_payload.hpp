#pragma once

#include <optional>
#include <string>
#include <vector>

#include "storage/base/bytes.hpp"
#include "storage/rdb/writer.hpp"

namespace tidemark::server {

// What FUNCTION DUMP answers and FUNCTION RESTORE takes: the codes of libraries, as in Redis's
// files.
//
//   {245, code}..., version of the format (2 bytes), checksum of all before (8 bytes)
std::string make_function_payload(const std::vector<Bytes>& codes,
                                  storage::rdb::Compression compression);

// The codes; or what is wrong with the payload, with a code of error.
struct FunctionCodes {
  std::vector<std::string> codes;
  std::string error;
};
FunctionCodes read_function_payload(Bytes payload);

}  // namespace tidemark::server
