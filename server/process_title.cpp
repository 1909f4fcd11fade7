#include "server/process_title.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace tidemark::server {

namespace {

// From the first argument up to the end of the environment, and what the first argument was.
std::span<char> title_room;
std::string program;

// What lies at `text` is copied, for good, and the room goes on behind it.
char* move_away(char* text) {
  static std::deque<std::string> kept;
  return kept.emplace_back(text).data();
}

std::string value_of(std::string_view variable, const Settings& settings, uint16_t port,
                     std::string_view config_file) {
  if (variable == "title") return program;
  if (variable == "port") return std::to_string(port);
  if (variable == "tls-port") return std::to_string(settings.tls_port);
  if (variable == "unixsocket") return settings.unixsocket;
  if (variable == "config-file") return std::string(config_file);
  if (variable != "listen-addr") return "";  // server-mode: standalone has no word
  if (port == 0) return settings.unixsocket;
  return fmt::format("{}:{}", settings.bind.empty() ? "*" : settings.bind.front(), port);
}

std::string trimmed(const std::string& text) {
  const size_t first = text.find_first_not_of(' ');
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

}  // namespace

void keep_title_room(int argc, char** argv) {
  if (argc < 1) return;
  program = argv[0];
  char* const begin = argv[0];
  char* end = begin;
  const auto follows = [&end](const char* text) {
    if (text != end) return false;
    end += std::strlen(text) + 1;
    return true;
  };
  for (int i = 0; i < argc; ++i) {
    if (!follows(argv[i])) return;
  }
  static std::vector<char*> environment;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (!follows(*variable)) break;
  }
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const bool in_room = *variable >= begin && *variable < end;
    environment.push_back(in_room ? move_away(*variable) : *variable);
  }
  environment.push_back(nullptr);
  environ = environment.data();
  // glibc's own views of the first argument.
  program_invocation_name = move_away(program_invocation_name);
  program_invocation_short_name = move_away(program_invocation_short_name);
  title_room = {begin, static_cast<size_t>(end - begin)};
}

void set_process_title(const Settings& settings, uint16_t port, std::string_view config_file) {
  if (title_room.empty() || !settings.set_proc_title) return;
  std::string title;
  std::string_view rest = settings.proc_title_template;
  while (!rest.empty()) {
    const size_t brace = rest.find('{');
    title += rest.substr(0, brace);
    if (brace == std::string_view::npos) break;
    rest.remove_prefix(brace + 1);
    if (rest.starts_with('{')) {
      title += '{';
      rest.remove_prefix(1);
      continue;
    }
    const size_t end = rest.find('}');
    if (end == std::string_view::npos) break;
    title += value_of(rest.substr(0, end), settings, port, config_file);
    rest.remove_prefix(end + 1);
  }
  title = trimmed(title).substr(0, title_room.size() - 1);
  std::memset(title_room.data(), 0, title_room.size());
  std::memcpy(title_room.data(), title.data(), title.size());
}

}  // namespace tidemark::server
