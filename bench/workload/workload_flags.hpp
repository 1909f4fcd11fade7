#pragma once

#include "bench/base/flags.hpp"
#include "bench/workload/stream.hpp"

namespace tidemark::bench {

// The knobs of the workload as command line flags. `config` must outlive `flags`.
void add_workload_flags(Flags& flags, WorkloadConfig& config);

}  // namespace tidemark::bench
