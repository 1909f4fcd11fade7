#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "server/core/message.hpp"

namespace tidemark::server {

// What one core asks of another now and then: a function, which owns what it needs. Whatever is
// asked often has a message of its own.
class WorkMessage final : public Message {
 public:
  explicit WorkMessage(std::function<void(OnCore&)> work) : work_(std::move(work)) {}
  void arrive(OnCore& here, std::unique_ptr<Message>) override { work_(here); }

 private:
  std::function<void(OnCore&)> work_;
};

}  // namespace tidemark::server
