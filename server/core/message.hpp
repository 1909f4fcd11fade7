#pragma once

#include <cstddef>
#include <memory>

namespace tidemark::server {

class OnCore;

// What crosses from one core (or a store thread) to another. It owns its bytes: nothing in it may
// point into what the sender's callback leaves behind.
class Message {
 public:
  Message() = default;
  virtual ~Message() = default;
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

  // Runs on the receiver's thread and takes over `self`, which is this message.
  virtual void arrive(OnCore& here, std::unique_ptr<Message> self) = 0;

 private:
  friend class MessageChain;
  friend class Mailbox;
  Message* next_ = nullptr;
};

// Messages in the order in which they were added, held by one thread.
class MessageChain {
 public:
  MessageChain() = default;
  ~MessageChain();
  MessageChain(MessageChain&& other) noexcept;
  MessageChain& operator=(MessageChain&&) = delete;
  MessageChain(const MessageChain&) = delete;
  MessageChain& operator=(const MessageChain&) = delete;

  void push_back(std::unique_ptr<Message> message);
  // The first message; null where there is none.
  std::unique_ptr<Message> pop_front();
  bool empty() const { return first_ == nullptr; }

 private:
  friend class Mailbox;
  Message* first_ = nullptr;
  Message* last_ = nullptr;
};

}  // namespace tidemark::server
