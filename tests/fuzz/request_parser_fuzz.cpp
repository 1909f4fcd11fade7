#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "protocol/request_parser.hpp"
#include "storage/base/ensure.hpp"

// What a stream of requests means must not depend on how the network cut it: parsing it whole and
// parsing it in the pieces that the first bytes of the input choose give the same.

using namespace tidemark::protocol;
using tidemark::Bytes;

namespace {

struct Outcome {
  std::vector<std::vector<std::string>> requests;
  std::string error;
  size_t taken = 0;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

// Parses what more arrives, a piece at a time; each time in a buffer of its own that is exactly as
// large as it must be, so that the sanitizer sees a read beyond it or into an older one.
class Connection {
 public:
  explicit Connection(const ParseLimits& limits) : limits_(limits) {}

  // False when there is no more to be had, for an error.
  bool arrive(Bytes all) {
    const size_t size = all.size() - outcome_.taken;
    const std::unique_ptr<char[]> buffer(new char[size]);
    all.copy(buffer.get(), size, outcome_.taken);
    size_t at = 0;
    for (;;) {
      const auto status = parser_.parse(Bytes(buffer.get() + at, size - at), limits_);
      if (status == RequestParser::Status::error) {
        outcome_.error = parser_.error();
        ENSURE(outcome_.error.find_first_of("\r\n") == std::string::npos);
        return false;
      }
      if (status == RequestParser::Status::incomplete) break;
      ENSURE(parser_.size() > 0 && parser_.size() <= size - at);
      outcome_.requests.emplace_back(parser_.args().begin(), parser_.args().end());
      at += parser_.size();
      outcome_.taken += parser_.size();
    }
    ENSURE(parser_.bytes_wanted() > 0);
    ENSURE(parser_.memory_bytes() <= 4096 + 64 * all.size());
    return true;
  }

  const Outcome& outcome() const { return outcome_; }

 private:
  ParseLimits limits_;
  RequestParser parser_;
  Outcome outcome_;
};

}  // namespace

// The name is libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {  // NOLINT
  if (size < 2) return 0;
  ParseLimits limits;
  if ((data[0] & 1) != 0) limits.peer = Peer::unauthenticated;
  // Small limits, so that small inputs reach them.
  if ((data[0] & 2) != 0) limits = {.bulk_bytes_max = 20, .args_max = 5, .line_bytes_max = 24};
  uint32_t cuts = (data[0] >> 2) + data[1] * 64U;
  const Bytes bytes(reinterpret_cast<const char*>(data + 2), size - 2);

  Connection whole(limits);
  whole.arrive(bytes);
  Connection pieces(limits);
  for (size_t end = 0; end < bytes.size();) {
    cuts = cuts * 1664525U + 1013904223U;
    end = std::min<size_t>(bytes.size(), end + 1 + (cuts >> 16) % (1 + data[1] % 37));
    if (!pieces.arrive(bytes.substr(0, end))) break;
  }
  ENSURE(pieces.outcome() == whole.outcome());
  return 0;
}
