#pragma once

#include <functional>
#include <vector>

#include "storage/base/ids.hpp"

namespace tidemark::server {

class OnCore;

// What one core is asked to do on its own thread. It owns what it needs.
struct Errand {
  CoreId core;
  std::function<void(const OnCore& there)> work;
};

// Does what is to be done at home and sends the others off; when these are done, calls `done` at
// home. True where there are no others: it is all done, and `done` is not called.
[[nodiscard]] bool run_errands(const OnCore& home, std::vector<Errand> errands,
                               std::function<void(OnCore& home)> done);

}  // namespace tidemark::server
