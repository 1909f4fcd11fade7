#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "storage/base/bytes.hpp"
#include "storage/base/result.hpp"

// HyperLogLogs: how many different elements there were, to within 0.81 %, in 12 KiB at most. They
// are strings, and byte for byte those of Redis, so that GET, SET and DUMP carry them from one
// server to the other:
//
//   "HYLL", encoding (1 byte), 3 zeros, the cardinality when it was last asked for (64 bits, little
//   endian; the top bit says that it no longer holds), registers
//
// Each of 16384 registers holds the longest run of zeros, plus one, in what is left of the hashes
// of the elements that fall to it. Dense, they are numbers of 6 bits, packed from the lowest bit of
// the first byte on. Sparse, they are runs of equal ones:
//
//   00nnnnnn            n + 1 registers of 0
//   01nnnnnn nnnnnnnn   n + 1 registers of 0
//   1vvvvvnn            n + 1 registers of v + 1
//
// The estimate is Ertl's (https://arxiv.org/abs/1702.01284, algorithm 6), which needs no table of
// biases.
namespace tidemark::storage {

namespace hyperloglog {

inline constexpr size_t kRegisters = 16384;
inline constexpr size_t kHeaderBytes = 16;
inline constexpr size_t kDenseBytes = kHeaderBytes + kRegisters * 6 / 8;

enum class Encoding : uint8_t { dense = 0, sparse = 1 };

// Nothing where the text is no HyperLogLog as far as its header says.
std::optional<Encoding> encoding_of(Bytes text);

// One register each.
using Registers = std::array<uint8_t, kRegisters>;

// Which register an element falls to, and what it would set it to.
struct Register {
  uint32_t index = 0;
  uint8_t value = 0;
};
Register register_of(Bytes element);

// Raises the registers to those of `text`; corrupt where they do not add up. REQUIRES:
// encoding_of(text).
Result<void> raise_to(Bytes text, Registers& registers);
uint64_t estimate(const Registers& registers);
// From the registers; corrupt where they do not add up. REQUIRES: encoding_of(text).
Result<uint64_t> estimate(Bytes text);

// What the header says; nothing where it no longer holds. REQUIRES: encoding_of(text).
std::optional<uint64_t> cached_estimate(Bytes text);
// REQUIRES: kHeaderBytes bytes.
void cache_estimate(char* text, uint64_t estimate);
void forget_estimate(char* text);

// An empty one, sparse.
Bytes empty();

// PFDEBUG DECODE: the runs of a sparse one, "Z:100 v:2,1 z:20". REQUIRES: it is sparse.
std::string describe_runs(Bytes text);

// The bytes of a HyperLogLog that is being changed, wherever they are kept.
class Text {
 public:
  virtual ~Text() = default;
  // Valid until the next resize().
  virtual Bytes bytes() const = 0;
  // The same bytes, writable, up to the shorter length; whatever beyond.
  virtual char* resize(size_t length) = 0;
};

// Kept in a string.
class OwnedText : public Text {
 public:
  OwnedText() : bytes_(empty()) {}
  Bytes bytes() const override { return bytes_; }
  char* resize(size_t length) override {
    bytes_.resize(length);
    return bytes_.data();
  }

 private:
  std::string bytes_;
};

enum class Changed : uint8_t { no, yes };

// Each of these: REQUIRES: encoding_of(text.bytes()). Corrupt where they meet what makes no sense;
// what they did before stays. A sparse one becomes dense where it would grow beyond
// `sparse_bytes_max`, header included, or has to hold what only a dense one can.
Result<Changed> add(Text& text, std::span<const Bytes> elements, size_t sparse_bytes_max);
Result<Changed> raise(Text& text, const Registers& registers, size_t sparse_bytes_max);
Result<Changed> make_dense(Text& text);

}  // namespace hyperloglog

}  // namespace tidemark::storage
