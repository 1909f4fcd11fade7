#include "server/commands/sort_pattern.hpp"

#include "storage/keyspace/entry.hpp"
#include "storage/value/hash.hpp"

namespace tidemark::server {

namespace {

using storage::Entry;
using storage::Hash;

constexpr Bytes kArrow = "->";

// A text that is written to `digits` is kept in `scratch`.
Bytes lasting(Bytes text, const IntegerText& digits, std::string& scratch) {
  if (text.data() != digits.data()) return text;
  scratch = text;
  return scratch;
}

std::optional<Bytes> string_in(const Entry* entry, std::string& scratch) {
  if (entry == nullptr || entry->type() != storage::ValueType::string) return std::nullopt;
  IntegerText digits;
  return lasting(entry->text(digits), digits, scratch);
}

std::optional<Bytes> field_in(const Context& ctx, const Entry* entry, Bytes field,
                              std::string& scratch) {
  if (entry == nullptr || entry->type() != Hash::kType) return std::nullopt;
  const auto value = static_cast<const Hash*>(entry->object())->find(field, ctx.now_ms());
  if (!value) return std::nullopt;
  IntegerText digits;
  return lasting(value->text(digits), digits, scratch);
}

}  // namespace

SortPattern::SortPattern(Bytes text) : is_element_(text == "#") {
  const size_t place = text.find('*');
  if (place == Bytes::npos) return;
  has_place_ = true;
  before_ = text.substr(0, place);
  behind_ = text.substr(place + 1);
  const size_t arrow = behind_.find(kArrow);
  if (arrow == Bytes::npos || arrow + kArrow.size() == behind_.size()) return;
  field_ = behind_.substr(arrow + kArrow.size());
  behind_ = behind_.substr(0, arrow);
}

std::optional<Bytes> SortPattern::find(const Context& ctx, Bytes element,
                                       std::string& scratch) const {
  if (!has_place_) return std::nullopt;
  std::string key;
  key.reserve(before_.size() + element.size() + behind_.size());
  key.append(before_).append(element).append(behind_);
  const Entry* const entry = ctx.find_to_read(key);
  return field_ ? field_in(ctx, entry, *field_, scratch) : string_in(entry, scratch);
}

}  // namespace tidemark::server
