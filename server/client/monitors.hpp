#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "storage/base/bytes.hpp"
#include "storage/base/ids.hpp"

namespace tidemark::server {

class Client;
class OnCore;
struct CommandEntry;
struct Session;

// MONITOR, as one core keeps it: who watches, and what they have yet to be told. Every core knows
// every monitor, wherever that is connected, and shows it the commands of the core's own clients as
// they begin; lines for monitors of other cores travel together, once a round. So a monitor sees
// the commands of one core in their order, and those of different cores by their times.
//
// Its core's thread, but for what is said to be for exclusive work.
class Monitors {
 public:
  // Exclusive work.
  void add(CoreId home, uint64_t client_id);
  void remove(uint64_t client_id);

  bool any() const { return !all_.empty(); }
  // One line about a command, unless it is one that monitors do not see. Secrets are left out.
  void show(const OnCore& here, const Client& client, const CommandEntry& entry,
            std::span<const Bytes> args);
  // The same about one that a script calls. Where the script has stopped other cores, what these
  // have shown before may still be on its way, and this has to come behind it.
  enum class Script : uint8_t { alone, with_cores_stopped };
  void show_of_script(const OnCore& here, Script script, const Session& session,
                      const CommandEntry& entry, std::span<const Bytes> args);
  // Whether there are lines for other cores; pass_on() sends them.
  bool pending() const { return pending_; }
  void pass_on(const OnCore& here);

 private:
  struct Monitor {
    CoreId home;
    uint64_t client_id = 0;
    std::string lines;  // not sent yet
  };
  void show_line(const OnCore& here, Script script, const Session& sender, const std::string& line);

  std::vector<Monitor> all_;
  bool pending_ = false;
};

// Ends what MONITOR began, on every core.
void stop_monitoring(const OnCore& here, Client& client);

}  // namespace tidemark::server
