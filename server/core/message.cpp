#include "server/core/message.hpp"

#include <utility>

namespace tidemark::server {

MessageChain::~MessageChain() {
  while (pop_front() != nullptr) {
  }
}

MessageChain::MessageChain(MessageChain&& other) noexcept
    : first_(std::exchange(other.first_, nullptr)), last_(std::exchange(other.last_, nullptr)) {}

void MessageChain::push_back(std::unique_ptr<Message> message) {
  Message* added = message.release();
  added->next_ = nullptr;
  if (last_ == nullptr) {
    first_ = added;
  } else {
    last_->next_ = added;
  }
  last_ = added;
}

std::unique_ptr<Message> MessageChain::pop_front() {
  Message* taken = first_;
  if (taken == nullptr) return nullptr;
  first_ = taken->next_;
  if (first_ == nullptr) last_ = nullptr;
  return std::unique_ptr<Message>(taken);
}

void MessageChain::look_ahead(const OnCore& here) const {
  for (const Message* message = first_; message != nullptr; message = message->next_) {
    message->look_ahead(here, Message::Ahead::first);
  }
  for (const Message* message = first_; message != nullptr; message = message->next_) {
    message->look_ahead(here, Message::Ahead::second);
  }
}

}  // namespace tidemark::server
