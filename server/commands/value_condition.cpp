#include "server/commands/value_condition.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "storage/base/letter_case.hpp"
#include "storage/value/string.hpp"

namespace tidemark::server {

namespace {

constexpr size_t kDigestDigits = 16;

bool is_digest(Bytes text) {
  return text.size() == kDigestDigits && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
         });
}

}  // namespace

std::string digest_of(Bytes value) { return fmt::format("{:016x}", storage::digest(value)); }

Result<bool> ValueCondition::holds(const storage::Entry* entry) const {
  const bool wants_difference = kind == Kind::different || kind == Kind::digest_different;
  if (entry == nullptr) return wants_difference;
  if (entry->type() != storage::ValueType::string) return Errc::wrong_type;
  IntegerText scratch;
  const Bytes value = entry->text(scratch);
  const bool by_value = kind == Kind::equal || kind == Kind::different;
  const bool equal = by_value ? value == operand : equals_nocase(digest_of(value), operand);
  return equal != wants_difference;
}

bool accept_value_condition(ArgReader& args, ValueCondition& condition) {
  using Kind = ValueCondition::Kind;
  auto kind = Kind::none;
  if (args.accept_with("ifeq", 1)) {
    kind = Kind::equal;
  } else if (args.accept_with("ifne", 1)) {
    kind = Kind::different;
  } else if (args.accept_with("ifdeq", 1)) {
    kind = Kind::digest_equal;
  } else if (args.accept_with("ifdne", 1)) {
    kind = Kind::digest_different;
  } else {
    return false;
  }
  if (condition.kind != Kind::none) args.fail_syntax();
  condition = {.kind = kind, .operand = args.next()};
  if (kind >= Kind::digest_equal && !is_digest(condition.operand)) {
    args.fail("ERR must be exactly 16 hexadecimal characters");
  }
  return true;
}

}  // namespace tidemark::server
