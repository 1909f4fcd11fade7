#include <cstdio>
#include <exception>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "server/command/manual.hpp"
#include "server/commands/families.hpp"
#include "server/config/command_line.hpp"
#include "server/config/default_file.hpp"
#include "server/config/load.hpp"
#include "server/config/version.hpp"
#include "server/core/allocator.hpp"
#include "server/log/log.hpp"
#include "server/process_title.hpp"
#include "server/server.hpp"
#include "server/startup.hpp"

using namespace tidemark::server;

namespace {

int print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  return 0;
}

int serve(const CommandLine& command_line) {
  LoadedConfig config = load_config(command_line);
  prepare_process(config);
  Server server(std::move(config));
  announce(server);
  const int code = server.run();
  tidy_up(server.settings());
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  keep_title_room(argc, argv);
  const std::vector<std::string_view> arguments(argv + 1, argv + argc);
  const CommandLine command_line = parse_command_line(arguments);
  try {
    switch (command_line.action) {
      case Action::serve:
        return serve(command_line);
      case Action::print_version:
        return print(fmt::format("Tidemark server v={} redis={} malloc={} bits=64\n",
                                 kTidemarkVersion, kRedisVersion, allocator_name()));
      case Action::print_help:
        return print(help_text());
      case Action::print_default_config:
        return print(default_config_text());
      case Action::print_option_docs:
        return print(option_docs_text());
      case Action::print_command_docs:
        return print(command_manual(CommandTable(command_families())));
      case Action::refuse:
        std::fprintf(stderr, "%s\n", command_line.refusal.c_str());
        return 1;
    }
  } catch (const ConfigError& error) {
    std::fprintf(stderr, "%s\n", error.what());
  } catch (const std::exception& error) {
    log::warning(error.what());
  }
  return 1;
}
