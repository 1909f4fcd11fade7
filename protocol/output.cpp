#include "protocol/output.hpp"

#include <algorithm>

namespace tidemark::protocol {

void Output::make_room(size_t bytes) {
  const size_t unsent = size();
  // Sliding costs a copy of what is unsent, so it must free at least as much as it moves.
  if (begin_ >= unsent && capacity_ - unsent >= bytes) {
    if (unsent > 0) std::memmove(data_, data_ + begin_, unsent);
    begin_ = 0;
    end_ = unsent;
    return;
  }
  constexpr size_t kSmallest = 256;
  const size_t wanted = std::max({kSmallest, end_ + bytes, 2 * capacity_});
  auto* grown = static_cast<char*>(std::realloc(data_, wanted));
  if (grown == nullptr) throw std::bad_alloc();
  data_ = grown;
  capacity_ = wanted;
}

}  // namespace tidemark::protocol
