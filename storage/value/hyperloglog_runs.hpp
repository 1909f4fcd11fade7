#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "storage/base/bytes.hpp"
#include "storage/base/result.hpp"
#include "storage/value/hyperloglog.hpp"

// The sparse form of HyperLogLogs: runs of equal registers behind the header.
namespace tidemark::storage::hyperloglog {

enum class RunForm : uint8_t { zeros, many_zeros, values };

struct Run {
  static constexpr uint32_t kZerosMax = 64;
  static constexpr uint32_t kValuesMax = 4;
  static constexpr uint8_t kValueMax = 32;

  RunForm form = RunForm::zeros;
  uint8_t value = 0;
  uint32_t length = 0;

  size_t bytes() const { return form == RunForm::many_zeros ? 2 : 1; }
};

// Nothing where a run of two bytes ends the text after its first. REQUIRES: at < text.size().
std::optional<Run> run_at(Bytes text, size_t at);

// Calls visit(first register, run) for all runs; corrupt where they are not those of all registers.
template <typename Visit>
Result<void> visit_runs(Bytes text, Visit&& visit) {
  size_t first = 0;
  for (size_t at = kHeaderBytes; at < text.size();) {
    const auto run = run_at(text, at);
    if (!run || first + run->length > kRegisters) return Errc::corrupt;
    visit(first, *run);
    first += run->length;
    at += run->bytes();
  }
  if (first != kRegisters) return Errc::corrupt;
  return {};
}

// Where a run begins, and its first register.
struct Place {
  size_t offset = kHeaderBytes;
  uint32_t first = 0;
};

enum class Outcome : uint8_t { unchanged, changed, needs_dense };

// Raises one register of a sparse text. The search begins at `start`, which becomes a place to
// begin at for a register behind this one.
Result<Outcome> raise_sparse(Text& text, Place& start, Register raised, size_t bytes_max);

}  // namespace tidemark::storage::hyperloglog
