#include "storage/keyspace/agenda.hpp"

namespace tidemark::storage {

Agenda::~Agenda() {
  Remains remains = take_remains();
  while (remains.free_some(SIZE_MAX)) {
  }
}

size_t Agenda::bytes_of(const Owner& contents) {
  return contents == nullptr ? 0 : heap::block_bytes(sizeof(Contents)) + contents->heap.bytes();
}

Schedule* Agenda::first() const {
  if (contents_ == nullptr) return nullptr;
  const auto place = contents_->tree.first();
  return place ? &*place : nullptr;
}

void Agenda::update(Schedule& schedule) {
  if (schedule.listed_ms == schedule.next_ms) return;
  remove(schedule);
  if (schedule.next_ms == kForever) return;
  if (contents_ == nullptr) contents_ = std::make_unique<Contents>();
  schedule.listed_ms = schedule.next_ms;
  contents_->tree.insert(contents_->heap, &schedule);
}

void Agenda::remove(Schedule& schedule) {
  if (schedule.listed_ms == kForever) return;
  (void)contents_->tree.erase(contents_->heap, ByTime::key(schedule));
  schedule.listed_ms = kForever;
}

Agenda::Remains Agenda::take_remains() { return Remains(std::move(contents_)); }

bool Agenda::Remains::free_some(size_t budget) {
  if (contents_ == nullptr) return false;
  for (; budget > 0 && !contents_->tree.empty(); --budget) {
    (void)contents_->tree.take_last(contents_->heap);
  }
  if (!contents_->tree.empty()) return true;
  contents_.reset();
  return false;
}

}  // namespace tidemark::storage
