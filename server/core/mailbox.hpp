#pragma once

#include <atomic>
#include <memory>

#include "server/core/message.hpp"

namespace tidemark::server {

// The only way into a core from another thread.
//
// Many senders, one receiver, no lock. A sender pushes a whole chain with one exchange of the head
// (Treiber's stack); the receiver takes everything with another and turns it round, so that what
// one sender pushed is taken in its order, and what two senders pushed one after the other (one
// having seen the other's push) in theirs. An array of rings, one for each pair of cores, would
// spare the senders' contention and cost the receiver a look at each ring in each round of its
// loop; with one push a sender a round, the contention is not worth that.
//
// It is bounded by what may send: a connection has at most one command under way, a partition at
// most its store jobs. So "full" is `maxclients` connections waiting, who are not read meanwhile.
//
// Waking: the receiver says that it goes to sleep *before* it looks for messages a last time, the
// sender looks for a sleeper *after* it pushed. One of the two sees the other (both sequentially
// consistent), so no message is slept over, and nobody who is awake is woken.
class Mailbox {
 public:
  Mailbox() = default;
  ~Mailbox();
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  enum class Receiver { awake, asleep };

  // Any thread. Receiver::asleep: the caller has to wake the receiver's loop; told to one sender.
  [[nodiscard]] Receiver push(MessageChain chain);

  // The receiver's thread: everything pushed so far, oldest first.
  MessageChain take_all();
  // The receiver's thread, before it waits. False: there are messages, and it stays awake.
  [[nodiscard]] bool try_sleep();
  // The receiver's thread, after it waited.
  void wake() { asleep_.store(false, std::memory_order_relaxed); }

 private:
  // Apart, since senders write the one and the receiver alone writes the other most of the time.
  alignas(64) std::atomic<Message*> newest_ = nullptr;
  alignas(64) std::atomic<bool> asleep_ = false;
};

}  // namespace tidemark::server
