#pragma once

#include <cstdint>

namespace tidemark::server::crash {

// `watchdog-period`: every so often looks whether each core has come round its loop since, and has
// one that has not write its stack to the log: what it is doing at that moment. 0 for never.
//
// The timer's signal is handled by whatever thread the kernel picks, which sends it on to the
// thread that is stuck, the only one that can walk its stack. A core that stays stuck tells again
// after twice the time. For looking into trouble: signals interrupt system calls.
void set_watchdog(int64_t period_ms);

}  // namespace tidemark::server::crash
