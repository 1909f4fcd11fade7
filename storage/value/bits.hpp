#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "storage/base/bytes.hpp"

// Strings as rows of bits: what SETBIT, BITCOUNT, BITPOS, BITOP and BITFIELD compute, as pure
// functions. Bit 0 is the most significant one of the first byte, so that a field reads as a
// big-endian number; whatever lies beyond the end of a string is zero.
namespace tidemark::storage {

bool bit_at(Bytes text, uint64_t offset);
// REQUIRES: the bit lies within what `text` points at.
void set_bit(char* text, uint64_t offset, bool bit);

// Bits from `first` to `last`, both included. REQUIRES: first <= last, and last lies within the
// text.
struct BitRange {
  uint64_t first = 0;
  uint64_t last = 0;
};

uint64_t count_ones(Bytes text);
uint64_t count_ones(Bytes text, BitRange range);
// The first bit of the range that is `bit`.
std::optional<uint64_t> find_bit(Bytes text, bool bit, BitRange range);

// `invert` takes one source.
enum class BitOperation : uint8_t { conjoin, disjoin, differ, invert };

// Writes what the operation makes of all sources, as long as the longest of them; the shorter ones
// go on as zeros. REQUIRES: at least one source, `to` has room and is no part of any of them.
void combine_bits(BitOperation operation, std::span<const Bytes> sources, char* to);

// The integers that BITFIELD finds in a string: up to 64 bits with a sign, up to 63 without.
struct FieldType {
  bool is_signed = false;
  uint8_t width = 0;

  int64_t min() const;
  int64_t max() const;
};

// "i1" to "i64", "u1" to "u63".
std::optional<FieldType> parse_field_type(Bytes text);

int64_t field_at(Bytes text, uint64_t offset, FieldType type);
// Writes the lowest `type.width` bits of `value`. REQUIRES: they lie within what `text` points at.
void set_field(char* text, uint64_t offset, FieldType type, int64_t value);

// What becomes of a number that a field cannot hold.
enum class FieldOverflow : uint8_t { wrap, saturate, fail };

// What the field holds when it is set to `value`; nothing where that fails. A negative value is
// taken for a huge one by a field without a sign.
std::optional<int64_t> fit_field(FieldType type, int64_t value, FieldOverflow overflow);
// The same for a sum. REQUIRES: `value` is one that the field can hold.
std::optional<int64_t> add_to_field(FieldType type, int64_t value, int64_t increment,
                                    FieldOverflow overflow);

}  // namespace tidemark::storage
