#include "storage/readstate/unsaved.hpp"

#include <algorithm>
#include <limits>

#include "storage/base/ensure.hpp"
#include "storage/base/heap.hpp"

namespace tidemark::storage {

namespace {

// How many deltas back an equal message is looked for.
constexpr size_t kLookBack = 16;

bool same_direction(int32_t a, int32_t b) { return (a >= 0 && b >= 0) || (a <= 0 && b <= 0); }

int32_t clamped_sum(int32_t a, int32_t b) {
  constexpr int64_t kMax = std::numeric_limits<int32_t>::max();
  return static_cast<int32_t>(std::clamp<int64_t>(int64_t{a} + b, -kMax, kMax));
}

template <typename T>
size_t vector_bytes(const std::vector<T>& vector) {
  return vector.capacity() == 0 ? 0 : heap::block_bytes(vector.capacity() * sizeof(T));
}

}  // namespace

void Unsaved::add(const Delta& delta) {
  const size_t oldest =
      std::max<size_t>(deltas_sent, deltas.size() < kLookBack ? 0 : deltas.size() - kLookBack);
  for (size_t i = deltas.size(); i > oldest; --i) {
    Delta& earlier = deltas[i - 1];
    if (earlier.id != delta.id) continue;
    // Both are dropped at the same marks, and two steps in one direction saturate where one does.
    // The earlier version stays: who waits for the later one waits for every delta up to it.
    if (earlier.message_id != delta.message_id ||
        !same_direction(earlier.mentions, delta.mentions) ||
        !same_direction(earlier.unread, delta.unread)) {
      break;
    }
    earlier.mentions = clamped_sum(earlier.mentions, delta.mentions);
    earlier.unread = clamped_sum(earlier.unread, delta.unread);
    return;
  }
  deltas.push_back(delta);
}

void Unsaved::add_erasure(RowId id, int64_t version) {
  if (!erasures) erasures = std::make_unique<Erasures>();
  erasures->rows.push_back(Erasure{.id = id, .version = version});
}

void Unsaved::add_erasure_of_type(uint8_t type, int64_t version) {
  if (!erasures) erasures = std::make_unique<Erasures>();
  erasures->types[type] = version;
  std::erase_if(erasures->rows, [type](const Erasure& gone) { return gone.id.type == type; });
  erasures->rows.shrink_to_fit();
}

uint16_t Unsaved::erased_types() const {
  uint16_t mask = 0;
  for (size_t type = 0; erasures && type < kTypes; ++type) {
    if (erasures->types[type] > committed) mask = static_cast<uint16_t>(mask | 1U << type);
  }
  return mask;
}

void Unsaved::prune_erasures() {
  if (!erasures) return;
  std::erase_if(erasures->rows, [this](const Erasure& gone) { return gone.version <= committed; });
  if (erasures->rows.empty() && erased_types() == 0) erasures.reset();
}

size_t Unsaved::memory_bytes() const {
  size_t total = heap::block_bytes(sizeof(Unsaved)) + vector_bytes(deltas);
  if (erasures) total += heap::block_bytes(sizeof(Erasures)) + vector_bytes(erasures->rows);
  return total;
}

void UnsavedQueue::push(Unsaved& unsaved) {
  ENSURE(unsaved.queue_ == Unsaved::Queue::none);
  unsaved.queue_ = which_;
  unsaved.previous_ = back_;
  unsaved.next_ = nullptr;
  (back_ == nullptr ? front_ : back_->next_) = &unsaved;
  back_ = &unsaved;
}

void UnsavedQueue::remove(Unsaved& unsaved) {
  ENSURE(unsaved.queue_ == which_);
  (unsaved.previous_ == nullptr ? front_ : unsaved.previous_->next_) = unsaved.next_;
  (unsaved.next_ == nullptr ? back_ : unsaved.next_->previous_) = unsaved.previous_;
  unsaved.queue_ = Unsaved::Queue::none;
}

}  // namespace tidemark::storage
