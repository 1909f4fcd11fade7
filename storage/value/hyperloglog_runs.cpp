#include "storage/value/hyperloglog_runs.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "storage/base/number.hpp"

namespace tidemark::storage::hyperloglog {

namespace {

uint8_t byte_at(Bytes text, size_t at) { return static_cast<uint8_t>(text[at]); }

char image_of(uint8_t value, uint32_t length) {
  return static_cast<char>(0x80U | (value - 1U) << 2 | (length - 1));
}

struct FoundRun {
  Place before_previous;
  Place previous;  // of the run before; where there is none, of this one
  Place at;
  Run run;
};

// The run that `index` is in, looked for from `start` on; nothing where the text ends before it.
// REQUIRES: it is not the one at `start`, unless that is the first.
std::optional<FoundRun> find_run(Bytes text, Place start, uint32_t index) {
  FoundRun found{.before_previous = start, .previous = start, .at = start, .run = {}};
  while (found.at.offset < text.size()) {
    const auto run = run_at(text, found.at.offset);
    if (!run) return std::nullopt;
    if (index < found.at.first + run->length) {
      found.run = *run;
      return found;
    }
    found.before_previous = found.previous;
    found.previous = found.at;
    found.at.offset += run->bytes();
    found.at.first += run->length;
  }
  return std::nullopt;
}

// What stands in place of a run of which one register has been raised: at most what is before it,
// itself, and what is behind it.
class Replacement {
 public:
  void add(const Run& like, uint32_t length) {
    if (length == 0) return;
    if (like.form == RunForm::values) {
      bytes_[size_++] = image_of(like.value, length);
    } else if (length <= Run::kZerosMax) {
      bytes_[size_++] = static_cast<char>(length - 1);
    } else {
      bytes_[size_++] = static_cast<char>(0x40U | (length - 1) >> 8);
      bytes_[size_++] = static_cast<char>((length - 1) & 0xff);
    }
  }
  void add_value(uint8_t value) { bytes_[size_++] = image_of(value, 1); }
  Bytes bytes() const { return {bytes_.data(), size_}; }

 private:
  std::array<char, 5> bytes_;
  size_t size_ = 0;
};

Replacement replace_in(const FoundRun& found, Register raised) {
  Replacement replacement;
  const uint32_t before = raised.index - found.at.first;
  replacement.add(found.run, before);
  replacement.add_value(raised.value);
  replacement.add(found.run, found.run.length - before - 1);
  return replacement;
}

// Puts `with` in place of `old_bytes` at the offset.
void splice(Text& text, size_t offset, size_t old_bytes, Bytes with) {
  const size_t size = text.bytes().size();
  const size_t tail = size - offset - old_bytes;
  const size_t new_size = size - old_bytes + with.size();
  char* bytes = text.resize(std::max(size, new_size));
  std::memmove(bytes + offset + with.size(), bytes + offset + old_bytes, tail);
  std::memcpy(bytes + offset, with.data(), with.size());
  if (new_size < size) text.resize(new_size);
}

// Joins neighbours of equal value among the next few runs, as Redis does: for the texts to be
// equal, this has to join what that joins and no more.
void join_runs(Text& text, size_t from) {
  constexpr int kSteps = 5;
  const size_t old_size = text.bytes().size();
  size_t size = old_size;
  char* const bytes = text.resize(size);
  size_t at = from;
  for (int step = 0; step < kSteps && at < size; ++step) {
    const auto run = run_at({bytes, size}, at);
    if (!run) break;
    const auto next = run->form == RunForm::values && at + 1 < size ? run_at({bytes, size}, at + 1)
                                                                    : std::nullopt;
    if (next && next->form == RunForm::values && next->value == run->value &&
        run->length + next->length <= Run::kValuesMax) {
      bytes[at + 1] = image_of(run->value, run->length + next->length);
      std::memmove(bytes + at, bytes + at + 1, size - at - 1);
      --size;
    } else {
      at += run->bytes();
    }
  }
  if (size < old_size) text.resize(size);
}

}  // namespace

std::optional<Run> run_at(Bytes text, size_t at) {
  const uint32_t first = byte_at(text, at);
  if ((first & 0x80) != 0) {
    return Run{.form = RunForm::values,
               .value = static_cast<uint8_t>((first >> 2 & 0x1f) + 1),
               .length = (first & 0x03) + 1};
  }
  if ((first & 0x40) == 0) return Run{.form = RunForm::zeros, .length = first + 1};
  if (at + 1 == text.size()) return std::nullopt;
  return Run{.form = RunForm::many_zeros,
             .length = ((first & 0x3f) << 8 | byte_at(text, at + 1)) + 1};
}

Result<Outcome> raise_sparse(Text& text, Place& start, Register raised, size_t bytes_max) {
  if (raised.value > Run::kValueMax) return Outcome::needs_dense;
  const Bytes before = text.bytes();
  const auto found = find_run(before, start, raised.index);
  if (!found) return Errc::corrupt;
  start = found->before_previous;
  const Run& run = found->run;
  if (run.form == RunForm::values && run.value >= raised.value) return Outcome::unchanged;
  const Replacement replacement = replace_in(*found, raised);
  const Bytes with = replacement.bytes();
  if (with.size() > run.bytes() && before.size() + with.size() - run.bytes() > bytes_max) {
    return Outcome::needs_dense;
  }
  splice(text, found->at.offset, run.bytes(), with);
  join_runs(text, found->previous.offset);
  return Outcome::changed;
}

std::string describe_runs(Bytes text) {
  std::string described;
  for (size_t at = kHeaderBytes; at < text.size();) {
    const auto run = run_at(text, at);
    if (!run) break;
    if (!described.empty()) described += ' ';
    if (run->form == RunForm::values) {
      described += "v:" + to_text(int64_t{run->value}) + ',';
    } else {
      described += run->form == RunForm::zeros ? "z:" : "Z:";
    }
    described += to_text(int64_t{run->length});
    at += run->bytes();
  }
  return described;
}

}  // namespace tidemark::storage::hyperloglog
