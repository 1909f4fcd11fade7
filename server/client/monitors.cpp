#include "server/client/monitors.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "server/client/client.hpp"
#include "server/command/command_table.hpp"
#include "server/command/redact.hpp"
#include "server/core/core.hpp"
#include "server/core/cycle_clock.hpp"
#include "server/core/work_message.hpp"
#include "server/server.hpp"

namespace tidemark::server {

namespace {

// Quoted as Redis quotes what may hold any byte.
void append_quoted(std::string& line, Bytes bytes) {
  line += '"';
  for (const char c : bytes) {
    switch (c) {
      case '\\':
      case '"':
        line += '\\';
        line += c;
        break;
      case '\n':
        line += "\\n";
        break;
      case '\r':
        line += "\\r";
        break;
      case '\t':
        line += "\\t";
        break;
      case '\a':
        line += "\\a";
        break;
      case '\b':
        line += "\\b";
        break;
      default:
        if (c >= ' ' && c <= '~') {
          line += c;
        } else {
          fmt::format_to(std::back_inserter(line), "\\x{:02x}", static_cast<unsigned char>(c));
        }
    }
  }
  line += '"';
}

std::string name_of(const OnCore& here, const Client& client) {
  const bool unix_socket = client.kind() == Stream::Kind::unix_socket;
  return unix_socket ? "unix:" + here.server().settings().unixsocket : client.facts().peer;
}

bool is_shown(const CommandEntry& entry) {
  // Scripts are shown before what they call.
  if (entry.command->scope == Scope::script) return true;
  return !has(entry.command->flags, Flag::admin | Flag::skip_monitor);
}

// `who` has sent it, in database `db`.
std::string line_about(DbIndex db, Bytes who, const CommandEntry& entry,
                       std::span<const Bytes> args) {
  const int64_t now_us = wall_clock_us();
  std::string line =
      fmt::format("+{}.{:06} [{} {}]", now_us / 1000000, now_us % 1000000, db.value(), who);
  for (const Bytes arg : without_secrets(entry, args)) {
    line += ' ';
    append_quoted(line, arg);
  }
  line += "\r\n";
  return line;
}

}  // namespace

void Monitors::add(CoreId home, uint64_t client_id) {
  all_.push_back({.home = home, .client_id = client_id, .lines = {}});
}

void Monitors::remove(uint64_t client_id) {
  std::erase_if(all_,
                [client_id](const Monitor& monitor) { return monitor.client_id == client_id; });
}

void Monitors::show(const OnCore& here, const Client& client, const CommandEntry& entry,
                    std::span<const Bytes> args) {
  if (!is_shown(entry)) return;
  show_line(here, Script::alone, client.session(),
            line_about(client.session().db, name_of(here, client), entry, args));
}

void Monitors::show_of_script(const OnCore& here, Script script, const Session& session,
                              const CommandEntry& entry, std::span<const Bytes> args) {
  if (is_shown(entry)) show_line(here, script, session, line_about(session.db, "lua", entry, args));
}

void Monitors::show_line(const OnCore& here, Script script, const Session& sender,
                         const std::string& line) {
  // A monitor that is closed for what it has not read leaves the list.
  std::vector<uint64_t> ours;
  const uint64_t its_id = sender.client_id;
  for (Monitor& monitor : all_) {
    // Of its own commands a monitor is told behind their replies, and of RESET not at all.
    const bool at_once = monitor.home == here.id() && monitor.client_id != its_id;
    if (at_once && script == Script::alone && monitor.lines.empty()) {
      ours.push_back(monitor.client_id);
    } else {
      monitor.lines += line;
      pending_ = true;
    }
  }
  for (const uint64_t id : ours) {
    if (Client* const monitor = here.data().clients.find(id)) monitor->push(here, line);
  }
}

void Monitors::pass_on(const OnCore& here) {
  pending_ = false;
  for (Monitor& monitor : all_) {
    if (monitor.lines.empty()) continue;
    here.post(monitor.home,
              std::make_unique<WorkMessage>(
                  [id = monitor.client_id, lines = std::exchange(monitor.lines, {})](OnCore& home) {
                    Client* const client = home.data().clients.find(id);
                    if (client != nullptr && client->facts().monitor) client->push(home, lines);
                  }));
  }
}

void stop_monitoring(const OnCore& here, Client& client) {
  client.facts().monitor = false;
  const uint64_t id = client.session().client_id;
  here.data().monitors.remove(id);
  Server& server = here.server();
  for (uint32_t i = 0; i < server.core_count(); ++i) {
    const CoreId core(static_cast<uint16_t>(i));
    if (core == here.id()) continue;
    here.post(core,
              std::make_unique<WorkMessage>([id](OnCore& on) { on.data().monitors.remove(id); }));
  }
}

}  // namespace tidemark::server
