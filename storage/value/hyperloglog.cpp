#include "storage/value/hyperloglog.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "storage/value/hyperloglog_runs.hpp"

namespace tidemark::storage::hyperloglog {

namespace {

// The bits of a hash that choose the register, and those that are left for its value.
constexpr unsigned kIndexBits = 14;
constexpr unsigned kValueBits = 64 - kIndexBits;
static_assert(kRegisters == size_t{1} << kIndexBits);

constexpr Bytes kMagic = "HYLL";
constexpr size_t kEncodingAt = 4;
constexpr size_t kEstimateAt = 8;
constexpr uint8_t kStaleBit = 0x80;

uint64_t load_word(const char* from) {
  uint64_t word;
  std::memcpy(&word, from, sizeof(word));
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

// MurmurHash64A (Austin Appleby, public domain). Elements choose their registers by it, so it can
// never be another one.
uint64_t murmur(Bytes bytes, uint64_t seed) {
  constexpr uint64_t kFactor = 0xc6a4a7935bd1e995;
  constexpr unsigned kShift = 47;
  uint64_t hash = seed ^ (bytes.size() * kFactor);
  while (bytes.size() >= sizeof(uint64_t)) {
    uint64_t word = load_word(bytes.data()) * kFactor;
    word ^= word >> kShift;
    hash ^= word * kFactor;
    hash *= kFactor;
    bytes.remove_prefix(sizeof(uint64_t));
  }
  if (!bytes.empty()) {
    uint64_t rest = 0;
    for (size_t i = 0; i < bytes.size(); ++i) {
      rest |= uint64_t{static_cast<uint8_t>(bytes[i])} << (8 * i);
    }
    hash ^= rest;
    hash *= kFactor;
  }
  hash ^= hash >> kShift;
  hash *= kFactor;
  hash ^= hash >> kShift;
  return hash;
}

uint8_t byte_at(Bytes text, size_t at) { return static_cast<uint8_t>(text[at]); }

// ---- Dense registers, from the first byte behind the header.

// Where a register's six bits begin.
struct DensePlace {
  explicit DensePlace(size_t index) : byte(index * 6 / 8), shift(index * 6 % 8) {}
  // Whether some of them lie in the next byte.
  bool crosses() const { return shift > 2; }
  size_t byte;
  unsigned shift;
};

uint8_t dense_at(const char* registers, size_t index) {
  const DensePlace place(index);
  unsigned bits = static_cast<uint8_t>(registers[place.byte]);
  if (place.crosses()) bits |= unsigned{static_cast<uint8_t>(registers[place.byte + 1])} << 8;
  return static_cast<uint8_t>(bits >> place.shift & 0x3f);
}

void set_dense(char* registers, size_t index, uint8_t value) {
  const DensePlace place(index);
  const unsigned mask = ~(0x3fU << place.shift);
  const unsigned bits = unsigned{value} << place.shift;
  char* const at = registers + place.byte;
  at[0] = static_cast<char>((static_cast<uint8_t>(at[0]) & mask) | bits);
  if (place.crosses()) {
    at[1] = static_cast<char>((static_cast<uint8_t>(at[1]) & mask >> 8) | bits >> 8);
  }
}

// Calls visit(index, value) for each register: four lie in three bytes.
template <typename Visit>
void visit_dense(const char* registers, Visit&& visit) {
  for (size_t index = 0; index < kRegisters; index += 4, registers += 3) {
    const unsigned bits = static_cast<uint8_t>(registers[0]) |
                          unsigned{static_cast<uint8_t>(registers[1])} << 8 |
                          unsigned{static_cast<uint8_t>(registers[2])} << 16;
    for (size_t i = 0; i < 4; ++i) visit(index + i, static_cast<uint8_t>(bits >> 6 * i & 0x3f));
  }
}

Changed raise_dense(Text& text, Register raised) {
  char* const registers = text.resize(kDenseBytes) + kHeaderBytes;
  if (dense_at(registers, raised.index) >= raised.value) return Changed::no;
  set_dense(registers, raised.index, raised.value);
  return Changed::yes;
}

bool is_dense(Bytes text) { return static_cast<Encoding>(text[kEncodingAt]) == Encoding::dense; }

Result<Changed> raise_one(Text& text, Place& start, Register raised, size_t sparse_bytes_max) {
  if (is_dense(text.bytes())) return raise_dense(text, raised);
  const Result<Outcome> outcome = raise_sparse(text, start, raised, sparse_bytes_max);
  if (!outcome) return outcome.error();
  if (*outcome != Outcome::needs_dense) {
    return *outcome == Outcome::changed ? Changed::yes : Changed::no;
  }
  if (const auto dense = make_dense(text); !dense) return dense.error();
  return raise_dense(text, raised);
}

}  // namespace

std::optional<Encoding> encoding_of(Bytes text) {
  if (text.size() < kHeaderBytes || !text.starts_with(kMagic)) return std::nullopt;
  switch (byte_at(text, kEncodingAt)) {
    case static_cast<uint8_t>(Encoding::sparse):
      return Encoding::sparse;
    case static_cast<uint8_t>(Encoding::dense):
      if (text.size() != kDenseBytes) return std::nullopt;
      return Encoding::dense;
    default:
      return std::nullopt;
  }
}

Register register_of(Bytes element) {
  constexpr uint64_t kSeed = 0xadc83b19;
  const uint64_t hash = murmur(element, kSeed);
  // A bit behind the last ends the run where all are zeros.
  const uint64_t rest = hash >> kIndexBits | uint64_t{1} << kValueBits;
  return {.index = static_cast<uint32_t>(hash & (kRegisters - 1)),
          .value = static_cast<uint8_t>(std::countr_zero(rest) + 1)};
}

Result<void> raise_to(Bytes text, Registers& registers) {
  const auto raise_to_value = [&](size_t index, uint8_t value) {
    registers[index] = std::max(registers[index], value);
  };
  if (is_dense(text)) {
    visit_dense(text.data() + kHeaderBytes, raise_to_value);
    return {};
  }
  return visit_runs(text, [&](size_t first, const Run& run) {
    if (run.form != RunForm::values) return;
    for (size_t i = 0; i < run.length; ++i) raise_to_value(first + i, run.value);
  });
}

namespace {

// How many registers have each value.
using Histogram = std::array<uint32_t, 64>;

// The two series of Ertl's paper, summed until they stand still.
double sigma(double x) {
  if (x == 1.0) return std::numeric_limits<double>::infinity();
  double y = 1;
  double sum = x;
  for (double before = -1; before != sum;) {
    before = sum;
    x *= x;
    sum += x * y;
    y += y;
  }
  return sum;
}

double tau(double x) {
  if (x == 0.0 || x == 1.0) return 0;
  double y = 1;
  double sum = 1 - x;
  for (double before = -1; before != sum;) {
    before = sum;
    x = std::sqrt(x);
    y *= 0.5;
    sum -= (1 - x) * (1 - x) * y;
  }
  return sum / 3;
}

uint64_t estimate(const Histogram& histogram) {
  constexpr double kAlpha = 0.721347520444481703680;  // 1 / (2 ln 2)
  constexpr auto kCount = static_cast<double>(kRegisters);
  double z = kCount * tau((kCount - histogram[kValueBits + 1]) / kCount);
  for (size_t value = kValueBits; value >= 1; --value) {
    z += histogram[value];
    z *= 0.5;
  }
  z += kCount * sigma(histogram[0] / kCount);
  return static_cast<uint64_t>(std::llround(kAlpha * kCount * kCount / z));
}

}  // namespace

uint64_t estimate(const Registers& registers) {
  Histogram histogram{};
  for (const uint8_t value : registers) ++histogram[value];
  return estimate(histogram);
}

Result<uint64_t> estimate(Bytes text) {
  if (is_dense(text)) {
    // Four, so that an increment seldom waits for the one before it.
    std::array<Histogram, 4> parts{};
    visit_dense(text.data() + kHeaderBytes,
                [&](size_t index, uint8_t value) { ++parts[index % parts.size()][value]; });
    for (size_t value = 0; value < parts[0].size(); ++value) {
      parts[0][value] += parts[1][value] + parts[2][value] + parts[3][value];
    }
    return estimate(parts[0]);
  }
  Histogram histogram{};
  const auto visited =
      visit_runs(text, [&](size_t, const Run& run) { histogram[run.value] += run.length; });
  if (!visited) return visited.error();
  return estimate(histogram);
}

std::optional<uint64_t> cached_estimate(Bytes text) {
  const uint64_t estimate = load_word(text.data() + kEstimateAt);
  if (estimate >> 63 != 0) return std::nullopt;
  return estimate;
}

void cache_estimate(char* text, uint64_t estimate) {
  for (size_t i = 0; i < sizeof(estimate); ++i) {
    text[kEstimateAt + i] = static_cast<char>(estimate >> 8 * i & 0xff);
  }
}

void forget_estimate(char* text) {
  char& last = text[kEstimateAt + sizeof(uint64_t) - 1];
  last = static_cast<char>(static_cast<uint8_t>(last) | kStaleBit);
}

Bytes empty() {
  // The header, and one run of zeros.
  static constexpr char kEmpty[] = "HYLL\x01\0\0\0\0\0\0\0\0\0\0\0\x7f\xff";
  return {kEmpty, sizeof(kEmpty) - 1};
}

namespace {

// What is known of a text that is being raised, register by register.
class Raising {
 public:
  Raising(Text& text, size_t sparse_bytes_max) : text_(text), sparse_bytes_max_(sparse_bytes_max) {}

  // Whether that went well. The search begins at `start`.
  bool raise(Place& start, Register raised) {
    const auto one = raise_one(text_, start, raised, sparse_bytes_max_);
    corrupt_ = corrupt_ || !one;
    if (one && *one == Changed::yes) changed_ = Changed::yes;
    return !corrupt_;
  }
  Result<Changed> finish() {
    if (changed_ == Changed::yes) forget_estimate(text_.resize(text_.bytes().size()));
    if (corrupt_) return Errc::corrupt;
    return changed_;
  }

 private:
  Text& text_;
  size_t sparse_bytes_max_;
  Changed changed_ = Changed::no;
  bool corrupt_ = false;
};

}  // namespace

Result<Changed> add(Text& text, std::span<const Bytes> elements, size_t sparse_bytes_max) {
  Raising raising(text, sparse_bytes_max);
  for (const Bytes element : elements) {
    Place start;
    if (!raising.raise(start, register_of(element))) break;
  }
  return raising.finish();
}

Result<Changed> raise(Text& text, const Registers& registers, size_t sparse_bytes_max) {
  Raising raising(text, sparse_bytes_max);
  Place start;
  for (uint32_t index = 0; index < kRegisters; ++index) {
    if (registers[index] == 0) continue;
    if (!raising.raise(start, {.index = index, .value = registers[index]})) break;
  }
  return raising.finish();
}

Result<Changed> make_dense(Text& text) {
  if (is_dense(text.bytes())) return Changed::no;
  std::array<char, kDenseBytes> dense{};
  std::memcpy(dense.data(), text.bytes().data(), kHeaderBytes);
  dense[kEncodingAt] = static_cast<char>(Encoding::dense);
  const auto visited = visit_runs(text.bytes(), [&](size_t first, const Run& run) {
    if (run.form != RunForm::values) return;
    for (size_t i = 0; i < run.length; ++i) {
      set_dense(dense.data() + kHeaderBytes, first + i, run.value);
    }
  });
  if (!visited) return visited.error();
  std::memcpy(text.resize(kDenseBytes), dense.data(), kDenseBytes);
  return Changed::yes;
}

}  // namespace tidemark::storage::hyperloglog
