#include "server/core/round_trip.hpp"

#include <memory>
#include <utility>

#include "server/core/core.hpp"
#include "server/core/work_message.hpp"

namespace tidemark::server {

namespace {

// Home's.
struct Trip {
  size_t missing;
  std::function<void(OnCore&)> done;
};

}  // namespace

bool run_errands(const OnCore& home, std::vector<Errand> errands,
                 std::function<void(OnCore& home)> done) {
  const auto trip = std::make_shared<Trip>(Trip{.missing = 0, .done = std::move(done)});
  for (Errand& errand : errands) {
    if (errand.core == home.id()) {
      errand.work(home);
      continue;
    }
    ++trip->missing;
    const auto go = [trip, back = home.id(), work = std::move(errand.work)](OnCore& there) {
      work(there);
      there.post(back, std::make_unique<WorkMessage>([trip](OnCore& on) {
                   if (--trip->missing == 0) trip->done(on);
                 }));
    };
    home.post(errand.core, std::make_unique<WorkMessage>(go));
  }
  return trip->missing == 0;
}

}  // namespace tidemark::server
