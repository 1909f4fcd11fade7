#pragma once

#include <optional>
#include <string>

#include "bench/load/plan.hpp"

namespace tidemark::bench {

// The plan that the command line asks for; nothing where it asked for --help, which is printed
// then. Throws BenchError for what is wrong.
std::optional<LoadPlan> parse_options(int argc, char** argv);

std::string help_text();

}  // namespace tidemark::bench
