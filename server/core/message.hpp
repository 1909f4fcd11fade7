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

  // Every message of a round is told to look ahead, twice, before the first one arrives: to fetch
  // the memory that it will need, first where that says where the rest is. On the receiver's
  // thread.
  enum class Ahead { first, second };
  virtual void look_ahead(const OnCore&, Ahead) const {}
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
  bool single() const { return first_ != nullptr && first_ == last_; }
  void look_ahead(const OnCore& here) const;

 private:
  friend class Mailbox;
  Message* first_ = nullptr;
  Message* last_ = nullptr;
};

}  // namespace tidemark::server
