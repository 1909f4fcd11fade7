#include "storage/value/field_map.hpp"

#include "storage/base/ensure.hpp"
#include "storage/base/heap.hpp"
#include "storage/value/value_type.hpp"

namespace tidemark::storage {
namespace {

// Draws for each field that is wanted, and some besides, before it is given up to draw: few are in
// vain unless nearly all fields have come to their end and not been erased yet.
constexpr size_t kDrawsEach = 64;
constexpr size_t kDrawsMore = 1024;

}  // namespace

FieldMap::FieldMap(const FieldMap& other) : fields_(other.fields_) {
  if (other.ends_ == nullptr) return;
  keep_schedule(make_object<Schedule>());
  for (auto at = other.ends_->order.first(); at; at = at.next()) {
    // The table gives out its fields to be read; this one is its owner's.
    enter(const_cast<HashField*>(fields_.find(at->key())));
  }
  update_schedule();
}

FieldMap::~FieldMap() {
  while (free_some(SIZE_MAX)) {
  }
}

size_t FieldMap::memory_bytes() const {
  if (ends_ == nullptr) return fields_.memory_bytes();
  return fields_.memory_bytes() + heap::block_bytes(sizeof(Ends)) +
         heap::block_bytes(sizeof(Schedule)) + ends_->heap.bytes();
}

void FieldMap::free_ends() {
  heap::deallocate(ends_->schedule, sizeof(Schedule));
  std::destroy_at(ends_);
  heap::deallocate(ends_, sizeof(Ends));
  ends_ = nullptr;
}

bool FieldMap::free_some(size_t budget) {
  if (ends_ != nullptr) {
    for (size_t i = 0; i < budget && !ends_->order.empty(); ++i) {
      (void)ends_->order.take_last(ends_->heap);
    }
    if (!ends_->order.empty()) return true;
    free_ends();
  }
  return fields_.free_some(budget);
}

void FieldMap::enter(HashField* field) {
  if (field->has_end()) ends_->order.insert(ends_->heap, field);
}

void FieldMap::leave(const HashField& field) {
  if (field.has_end()) (void)ends_->order.erase(ends_->heap, ByEnd::key(field));
}

void FieldMap::update_schedule() {
  if (ends_ == nullptr) return;
  const auto first = ends_->order.first();
  ends_->schedule->next_ms = first ? first->ends_ms() : kForever;
}

bool FieldMap::set(Bytes name, Bytes value, int64_t now_ms, End end) {
  bool had_ended = false;
  const auto change = [&](HashField* field) {
    had_ended = field->ends_ms() <= now_ms;
    leave(*field);
    if (had_ended || end == End::cleared) field = HashField::set_end(field, kForever);
    field = HashField::set_value(field, value);
    enter(field);
    return field;
  };
  const bool added = fields_.insert_or_change(name, change, value);
  update_schedule();
  return added || had_ended;
}

void FieldMap::set_end(Bytes name, int64_t ends_ms) {
  fields_.change(name, [&](HashField* field) {
    leave(*field);
    field = HashField::set_end(field, ends_ms);
    enter(field);
    return field;
  });
  update_schedule();
}

void FieldMap::keep_schedule(Schedule* schedule) {
  ends_ = make_object<Ends>();
  ends_->schedule = schedule;
}

bool FieldMap::erase(Bytes name) {
  const bool erased = fields_.erase(name, [this](const HashField& field) { leave(field); });
  update_schedule();
  return erased;
}

size_t FieldMap::erase_due(int64_t now_ms, size_t budget) {
  size_t erased = 0;
  for (; erased < budget && ends_ != nullptr && !ends_->order.empty(); ++erased) {
    const HashField& field = *ends_->order.first();
    if (field.ends_ms() > now_ms) break;
    leave(field);
    fields_.erase(&field);
  }
  update_schedule();
  return erased;
}

const HashField* FieldMap::random(int64_t now_ms, Random& random) const {
  for (size_t draws = 0; draws < kDrawsMore; ++draws) {
    const HashField* field = fields_.random(random);
    if (field->ends_ms() > now_ms) return field;
  }
  return nullptr;
}

std::vector<const HashField*> FieldMap::pick(size_t count, int64_t now_ms, Random& random) const {
  return fields_.pick(count, kDrawsEach * count + kDrawsMore, random,
                      [now_ms](const HashField& field) { return field.ends_ms() > now_ms; });
}

void FieldMap::check() const {
  fields_.check();
  size_t with_end = 0;
  uint64_t cursor = 0;
  do {
    cursor = scan_step(cursor, [&with_end](const HashField& field) {
      with_end += static_cast<size_t>(field.has_end());
    });
  } while (cursor != 0);
  ENSURE(ends_ != nullptr || with_end == 0);
  if (ends_ == nullptr) return;
  ends_->order.check();
  ENSURE(ends_->order.size() == with_end);
  for (auto at = ends_->order.first(); at; at = at.next()) ENSURE(find(at->key()) == &*at);
  ENSURE(ends_->schedule->next_ms == (with_end == 0 ? kForever : ends_->order.first()->ends_ms()));
}

}  // namespace tidemark::storage
