#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "server/client/run.hpp"
#include "storage/base/bytes.hpp"
#include "storage/base/ids.hpp"

namespace tidemark::server {

class OnCore;
struct CoreData;
struct CommandEntry;

// Commands of one pipeline that run on several cores side by side (`pipeline-order relaxed`). Those
// of one core keep their order; the replies of all are kept until the last is back, and are given
// out in the order in which the commands were sent. Lives at the client's home.
class Wave : public std::enable_shared_from_this<Wave> {
 public:
  // Called once, when every reply is there, with all of them.
  using OnComplete = std::function<void(OnCore& home, Bytes replies)>;

  Wave(const OnCore& home, const Session& session, OnComplete on_complete);

  // The next command, in the order sent. Copies the arguments; returns how many bytes
  // that took.
  size_t add(CoreId owner, const CommandEntry& entry, std::span<const Bytes> args,
             uint64_t key_hash);
  // Sends the commands off; the part for this core runs before this returns, unless it has to wait.
  void start(OnCore& home);

 private:
  struct Part {
    std::unique_ptr<Run> run;
    std::vector<size_t> places;  // of its commands in the pipeline
  };
  void on_back(OnCore& home, const std::vector<size_t>& places, const Run::Replies& replies);

  CoreData& home_;
  const Session session_;
  OnComplete on_complete_;
  std::vector<Part> parts_;           // by core; empty after start()
  std::vector<std::string> replies_;  // by place
  size_t missing_ = 0;                // parts
};

}  // namespace tidemark::server
