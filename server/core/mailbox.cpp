#include "server/core/mailbox.hpp"

#include <utility>

namespace tidemark::server {

Mailbox::~Mailbox() { take_all(); }

Mailbox::Receiver Mailbox::push(MessageChain chain) {
  if (chain.empty()) return Receiver::awake;
  // In the box the newest is first, so the chain goes in turned round.
  Message* const oldest = chain.first_;
  Message* newest = nullptr;
  for (Message* message = chain.first_; message != nullptr;) {
    Message* const next = message->next_;
    message->next_ = newest;
    newest = message;
    message = next;
  }
  chain.first_ = chain.last_ = nullptr;

  Message* head = newest_.load(std::memory_order_relaxed);
  do {
    oldest->next_ = head;
  } while (!newest_.compare_exchange_weak(head, newest, std::memory_order_seq_cst,
                                          std::memory_order_relaxed));
  if (!asleep_.load(std::memory_order_seq_cst)) return Receiver::awake;
  return asleep_.exchange(false, std::memory_order_seq_cst) ? Receiver::asleep : Receiver::awake;
}

MessageChain Mailbox::take_all() {
  MessageChain chain;
  if (newest_.load(std::memory_order_relaxed) == nullptr) return chain;
  Message* message = newest_.exchange(nullptr, std::memory_order_acquire);
  chain.last_ = message;
  Message* oldest = nullptr;
  while (message != nullptr) {
    Message* const next = message->next_;
    message->next_ = oldest;
    oldest = message;
    message = next;
  }
  chain.first_ = oldest;
  return chain;
}

bool Mailbox::try_sleep() {
  asleep_.store(true, std::memory_order_seq_cst);
  if (newest_.load(std::memory_order_seq_cst) == nullptr) return true;
  asleep_.store(false, std::memory_order_relaxed);
  return false;
}

}  // namespace tidemark::server
