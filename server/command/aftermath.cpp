#include "server/command/aftermath.hpp"

#include "server/server.hpp"

namespace tidemark::server {

namespace {

void tell(const OnCore& owner, const Session* writer) {
  CoreData& data = owner.data();
  if (!data.changes.take_noted()) return;
  data.notifier.publish(owner);
  data.read_state_notifier.publish(owner);
  data.tracking.tell_readers(owner, writer);
}

}  // namespace

// Each owner speaks of its own keys, so that what is said of one key comes in its order.
void tell_changes(const OnCore& here, Reach reach, const Session* writer) {
  if (reach.cores().empty()) return tell(here, writer);
  for (const CoreId core : reach.cores()) tell(here.at(core), writer);
}

void tell_writer(const OnCore& here, Reach reach, const Session& writer, protocol::Output& out) {
  if (reach.cores().empty()) return here.data().tracking.take_behind_reply(writer, out);
  for (const CoreId core : reach.cores()) {
    here.server().core(core).data().tracking.take_behind_reply(writer, out);
  }
}

}  // namespace tidemark::server
