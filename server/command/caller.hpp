#pragma once

#include <memory>

#include "protocol/reply.hpp"
#include "server/command/session.hpp"

namespace tidemark::server {

class KeyWait;
class OnCore;

// Whom a command answers: a client on its home core, or a run of a client's commands on the core
// that owns their keys. A command that has to wait keeps its caller and ends the wait with one of
// the two calls below, once, on the core where it was suspended. The caller lives until then, also
// when the connection is gone.
class Caller {
 public:
  virtual ~Caller() = default;

  // What a suspended command wants to find when it runs again. It takes it back then.
  std::shared_ptr<void> kept;

  virtual const Session& session() const = 0;
  // SELECT: what follows in the same connection, transaction or script is about this database.
  virtual void select(DbIndex db) = 0;
  // The suspended command's reply.
  virtual void resume(OnCore& here, protocol::Reply reply) = 0;
  // What the command waited for is there: it runs again from its beginning.
  virtual void retry(OnCore& here) = 0;
  // The suspended command waits for keys: it does so at the client's home, where it ends. Nothing
  // of it stays here, and neither of the above is called here.
  virtual void await(const OnCore& here, std::shared_ptr<KeyWait> wait) = 0;
};

}  // namespace tidemark::server
