#include "server/core/mailbox.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

using tidemark::server::Mailbox;
using tidemark::server::Message;
using tidemark::server::MessageChain;
using tidemark::server::OnCore;

namespace {

struct Note : Message {
  Note(int from, int at) : sender(from), number(at) {}
  void arrive(OnCore&, std::unique_ptr<Message>) override {}
  int sender;
  int number;
};

MessageChain chain_of(int sender, int first, int count) {
  MessageChain chain;
  for (int i = 0; i < count; ++i) chain.push_back(std::make_unique<Note>(sender, first + i));
  return chain;
}

std::vector<int> numbers(MessageChain chain) {
  std::vector<int> found;
  while (auto message = chain.pop_front()) {
    found.push_back(static_cast<Note&>(*message).number);
  }
  return found;
}

}  // namespace

TEST_CASE("messages are taken in the order in which one sender pushed them") {
  Mailbox mailbox;
  CHECK(mailbox.push(chain_of(0, 0, 3)) == Mailbox::Receiver::awake);
  CHECK(mailbox.push(chain_of(0, 3, 2)) == Mailbox::Receiver::awake);
  CHECK(numbers(mailbox.take_all()) == std::vector<int>{0, 1, 2, 3, 4});
  CHECK(numbers(mailbox.take_all()).empty());
}

TEST_CASE("a sleeper is woken by one sender alone, and sleeps only over an empty mailbox") {
  Mailbox mailbox;
  CHECK(mailbox.try_sleep());
  CHECK(mailbox.push(chain_of(0, 0, 1)) == Mailbox::Receiver::asleep);
  CHECK(mailbox.push(chain_of(0, 1, 1)) == Mailbox::Receiver::awake);
  CHECK_FALSE(mailbox.try_sleep());
  CHECK(numbers(mailbox.take_all()) == std::vector<int>{0, 1});
  CHECK(mailbox.try_sleep());
  mailbox.wake();
  CHECK(mailbox.push(chain_of(0, 2, 1)) == Mailbox::Receiver::awake);
}

TEST_CASE("what is left in a mailbox is freed with it") {
  Mailbox mailbox;
  (void)mailbox.push(chain_of(0, 0, 10));
}

TEST_CASE("no message of many senders is lost, repeated, reordered or slept over") {
  constexpr int kSenders = 4;
  constexpr int kChains = 2000;
  constexpr int kChain = 5;
  Mailbox mailbox;
  std::atomic<int> wakes = 0;  // stands for the event that a loop waits for
  std::vector<std::thread> senders;
  for (int sender = 0; sender < kSenders; ++sender) {
    senders.emplace_back([&, sender] {
      for (int i = 0; i < kChains; ++i) {
        if (mailbox.push(chain_of(sender, i * kChain, kChain)) == Mailbox::Receiver::asleep) {
          ++wakes;
          wakes.notify_one();
        }
      }
    });
  }
  std::vector<int> next(kSenders, 0);
  int received = 0;
  int seen_wakes = 0;
  while (received < kSenders * kChains * kChain) {
    MessageChain chain = mailbox.take_all();
    if (chain.empty() && mailbox.try_sleep()) {
      wakes.wait(seen_wakes);  // hangs where a wake-up is missing
      seen_wakes = wakes;
      mailbox.wake();
      continue;
    }
    while (auto message = chain.pop_front()) {
      const Note& note = static_cast<Note&>(*message);
      REQUIRE(note.number == next[static_cast<size_t>(note.sender)]++);
      ++received;
    }
  }
  for (std::thread& sender : senders) sender.join();
  CHECK(mailbox.take_all().empty());
}
