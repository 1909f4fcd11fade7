// tidemark-replay: replays the synthetic workload and holds the server to it. See bench/README.md.

#include <csignal>
#include <cstdio>
#include <exception>

#include "bench/base/flags.hpp"
#include "bench/replay/session.hpp"
#include "bench/workload/workload_flags.hpp"

namespace {

using namespace tidemark::bench;

FlagsResult parse(int argc, char** argv, ReplaySettings& settings) {
  bool terminate = false;
  bool kill = false;
  bool remote = false;
  Flags flags(
      "tidemark-replay: fills a server with read states, replays the workload, and compares every\n"
      "user with a model.\n\nusage: tidemark-replay [option ...] [-- server-program arguments "
      "...]");
  add_workload_flags(flags, settings.workload);
  flags.add("--host", "address", "(127.0.0.1)", settings.endpoint.host);
  flags.add("--port", "number", "(6379)", settings.endpoint.port);
  flags.add_switch("--allow-remote", "targets other than this machine", remote);
  flags.add("--lanes", "number", "connections; a user's commands stay on one (8)", settings.lanes);
  flags.add("--depth", "number", "requests in flight on each (32)", settings.depth);
  flags.add("--ops", "number", "operations to replay (5000000)", settings.operations);
  flags.add("--seconds-max", "number", "bound of each half of the replay (3600)",
            settings.seconds_max);
  flags.add_switch("--restart", "SIGTERM and start again in the middle; needs a server program",
                   terminate);
  flags.add_switch("--kill", "SIGKILL and start again in the middle; needs a server program", kill);
  flags.add("--commit-delay", "ms", "what a kill may cost (1000)", settings.commit_delay_ms);
  flags.add("--loss-slack", "ms", "on top of it, for the commit itself (250)",
            settings.loss_slack_ms);
  flags.collect_rest(settings.server_command);
  if (flags.parse(argc, argv) == FlagsResult::helped) return FlagsResult::helped;
  if (terminate) settings.restart = Restart::terminate;
  if (kill) settings.restart = Restart::kill;
  if (settings.restart != Restart::none && settings.server_command.empty()) {
    throw BenchError("--restart and --kill need a server program after --");
  }
  if (settings.lanes == 0 || settings.lanes > settings.workload.population.users ||
      settings.depth == 0) {
    throw BenchError("--lanes must be from 1 to the number of users, --depth at least 1");
  }
  if (remote) settings.endpoint.reach = Reach::anywhere;
  return FlagsResult::parsed;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  ReplaySettings settings;
  try {
    if (parse(argc, argv, settings) == FlagsResult::helped) return 0;
  } catch (const BenchError& error) {
    std::fprintf(stderr, "tidemark-replay: %s\n", error.what());
    return 2;
  }
  try {
    ReplaySession session(settings);
    session.run();
    session.print_report();
    return session.clean() ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "\ntidemark-replay: %s\n", error.what());
    return 1;
  }
}
