#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "server/command/context.hpp"
#include "storage/base/bytes.hpp"

namespace tidemark::server {

// Users of the read states whom a script needs and who are not in memory. A script cannot wait in
// its midst, so it does before it begins:
//
// - those among its keys, where its text speaks of read states at all, are brought before it runs;
// - one whom it comes upon while it runs, and who is no key, ends it, if it has written nothing so
//   far; then it runs again from its beginning, when that user is there. It does so a few times.
//
// Who was brought is held in memory until the script has run: or one would go while another comes.
class ScriptUsers {
 public:
  explicit ScriptUsers(Server& server) : server_(server) {}
  // Lets them go, wherever they are.
  ~ScriptUsers();
  ScriptUsers(const ScriptUsers&) = delete;
  ScriptUsers& operator=(const ScriptUsers&) = delete;

  // Those of the attempt before this one; null where this is the first.
  static std::shared_ptr<ScriptUsers> take(Context& ctx);
  // Whether this text may call commands about read states.
  static bool may_need(Bytes code);
  // Whether a command about the user need not wait for anything.
  static bool is_here(const Context& ctx, Bytes user);

  // Whether the script may be begun in vain once more.
  bool may_try_again() const { return times_ < kTimesMax; }

  // Asks for those of `users` who are not in memory, and holds all, in `self`, which is made where
  // it is null. True where nobody is missing. Else the command is to return
  // ctx.suspend_uncounted(): it runs again when all have come. REQUIRES: their owners at hand.
  static bool bring(Context& ctx, std::shared_ptr<ScriptUsers>& self, std::span<const Bytes> users);

 private:
  struct Loading;
  static constexpr size_t kTimesMax = 16;

  void hold(const Context& ctx, Bytes user);

  Server& server_;
  std::vector<std::string> held_;
  size_t times_ = 0;
};

}  // namespace tidemark::server
