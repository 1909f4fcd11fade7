// CLIENT TRACKING and its like. They run with all cores stopped where they have to: who caches keys
// with some prefix is known to every core.

#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "server/client/client.hpp"
#include "server/client/describe.hpp"
#include "server/commands/client.hpp"
#include "server/core/core.hpp"
#include "server/tracking/invalidation.hpp"
#include "server/tracking/tracking.hpp"

namespace tidemark::server {

namespace {

using Reads = TrackingOptions::Reads;

// What the call says, as far as its words make sense.
struct Wanted {
  TrackingOptions options;
  std::vector<std::string> prefixes;  // in the order given, and as often
  bool opt_in = false;
  bool opt_out = false;
};

std::optional<Reply> read_redirect(Context& ctx, ArgReader& args, TrackingOptions& options) {
  if (options.redirect) {
    return Reply::error("ERR A client can only redirect to a single other client");
  }
  const int64_t id = args.next_integer();
  if (args.failed()) return args.error();
  for (const CoreId core : ctx.all_cores()) {
    const Client* const target = ctx.data(core).clients.find(static_cast<uint64_t>(id));
    if (target == nullptr || target->closed()) continue;
    options.redirect = {.client_id = static_cast<uint64_t>(id), .home = core};
    return std::nullopt;
  }
  return Reply::error("ERR The client ID you want redirect to does not exist");
}

std::optional<Reply> read_wanted(Context& ctx, ArgReader& args, Wanted& wanted) {
  while (!args.empty()) {
    if (args.accept_with("redirect", 1)) {
      if (auto error = read_redirect(ctx, args, wanted.options)) return error;
    } else if (args.accept("bcast")) {
      wanted.options.broadcast = true;
    } else if (args.accept("optin")) {
      wanted.opt_in = true;
    } else if (args.accept("optout")) {
      wanted.opt_out = true;
    } else if (args.accept("noloop")) {
      wanted.options.no_loop = true;
    } else if (args.accept_with("prefix", 1)) {
      wanted.prefixes.emplace_back(args.next());
    } else {
      args.fail_syntax();
    }
    if (args.failed()) return args.error();
  }
  return std::nullopt;
}

Reply overlap(const std::string& one, const char* relation, const std::string& other) {
  return Reply::error("ERR Prefix '" + one + "' overlaps with " + relation + " prefix '" + other +
                      "'. Prefixes for a single client must not overlap.");
}

bool overlaps(const std::string& one, const std::string& other) {
  return one.starts_with(other) || other.starts_with(one);
}

std::optional<Reply> refuse_prefixes(const std::vector<std::string>& prefixes,
                                     const Tracking* present) {
  for (size_t i = 0; i < prefixes.size(); ++i) {
    if (present != nullptr) {
      for (const std::string& other : present->options().prefixes) {
        if (overlaps(prefixes[i], other)) return overlap(prefixes[i], "an existing", other);
      }
    }
    for (size_t k = i + 1; k < prefixes.size(); ++k) {
      if (overlaps(prefixes[i], prefixes[k])) {
        return overlap(prefixes[i], "another provided", prefixes[k]);
      }
    }
  }
  return std::nullopt;
}

// What the client tracks already has its say.
std::optional<Reply> refuse(const Wanted& wanted, const Tracking* present) {
  if (!wanted.options.broadcast && !wanted.prefixes.empty()) {
    return Reply::error("ERR PREFIX option requires BCAST mode to be enabled");
  }
  if (present != nullptr && present->options().broadcast != wanted.options.broadcast) {
    return Reply::error(
        "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and "
        "then "
        "re-enabling it with a different mode.");
  }
  if (wanted.options.broadcast && (wanted.opt_in || wanted.opt_out)) {
    return Reply::error("ERR OPTIN and OPTOUT are not compatible with BCAST");
  }
  if (wanted.opt_in && wanted.opt_out) {
    return Reply::error("ERR You can't specify both OPTIN mode and OPTOUT mode");
  }
  const Reads before = present == nullptr ? Reads::all : present->options().reads;
  if ((wanted.opt_in && before == Reads::opt_out) || (wanted.opt_out && before == Reads::opt_in)) {
    return Reply::error(
        "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and "
        "then "
        "re-enabling it with a different mode.");
  }
  return wanted.options.broadcast ? refuse_prefixes(wanted.prefixes, present) : std::nullopt;
}

void drop_prefixes(Context& ctx, const Client& client) {
  if (client.tracking() == nullptr) return;
  for (const CoreId core : ctx.all_cores()) {
    for (const std::string& prefix : client.tracking()->options().prefixes) {
      ctx.data(core).tracking.remove_prefix(prefix, client.session().client_id);
    }
  }
}

// Prefixes are added to those that it has.
void start(Context& ctx, Wanted wanted) {
  Client& client = ctx.client();
  TrackingOptions& options = wanted.options;
  if (wanted.opt_in) options.reads = Reads::opt_in;
  if (wanted.opt_out) options.reads = Reads::opt_out;
  drop_prefixes(ctx, client);
  if (options.broadcast) {
    if (client.tracking() != nullptr) options.prefixes = client.tracking()->options().prefixes;
    options.prefixes.insert(wanted.prefixes.begin(), wanted.prefixes.end());
    // All keys, beside the prefixes that it has already.
    if (wanted.prefixes.empty()) options.prefixes.insert("");
  }
  const Tracker tracker{.client_id = client.session().client_id, .home = client.home()};
  for (const CoreId core : ctx.all_cores()) {
    for (const std::string& prefix : options.prefixes) {
      ctx.data(core).tracking.add_prefix(prefix, tracker, options.no_loop);
    }
  }
  ctx.data(client.home()).tracking.add_client(tracker.client_id);
  client.set_tracking(std::make_unique<Tracking>(std::move(options)));
}

void stop(Context& ctx) {
  Client& client = ctx.client();
  drop_prefixes(ctx, client);
  ctx.data(client.home()).tracking.remove_client(client.session().client_id);
  client.set_tracking(nullptr);
}

}  // namespace

Reply client_tracking(Context& ctx, ArgReader& args) {
  const bool on = args.accept("on");
  const bool off = !on && args.accept("off");
  if (!on && !off) (void)args.next();
  Wanted wanted;
  if (auto error = read_wanted(ctx, args, wanted)) return std::move(*error);
  if (!on && !off) args.fail_syntax();
  if (args.failed()) return args.error();
  if (off) {
    stop(ctx);
    return Reply::ok();
  }
  if (auto refusal = refuse(wanted, ctx.client().tracking())) return std::move(*refusal);
  // Gone while this was on its way: nobody would take back what is begun now.
  if (ctx.client().closed()) return Reply::ok();
  start(ctx, std::move(wanted));
  return Reply::ok();
}

Reply client_caching(Context& ctx, ArgReader& args) {
  Tracking* const tracking = ctx.client().tracking();
  const bool yes = args.accept("yes");
  const bool no = !yes && args.accept("no");
  if (!yes && !no) args.fail_syntax();
  const Reads reads = tracking == nullptr ? Reads::all : tracking->options().reads;
  if (tracking == nullptr) {
    (void)args.failed();
    return Reply::error(
        "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or "
        "OPTOUT mode enabled");
  }
  if (args.failed()) return args.error();
  if (yes && reads != Reads::opt_in) {
    return Reply::error(
        "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.");
  }
  if (no && reads != Reads::opt_out) {
    return Reply::error(
        "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.");
  }
  tracking->choose();
  // Within a transaction, for what follows in it.
  ctx.client().session().tracks = tracking->remembers();
  return Reply::ok();
}

Reply client_getredir(Context& ctx, ArgReader&) {
  return Reply::integer(redirect_of(ctx.client()));
}

Reply client_trackinginfo(Context& ctx, ArgReader&) {
  const Tracking* const tracking = ctx.client().tracking();
  std::vector<Reply> flags;
  std::vector<Reply> prefixes;
  flags.push_back(Reply::bulk(tracking == nullptr ? "off" : "on"));
  if (tracking != nullptr) {
    const TrackingOptions& options = tracking->options();
    const auto add = [&flags](bool set, Bytes flag) {
      if (set) flags.push_back(Reply::bulk(flag));
    };
    add(options.broadcast, "bcast");
    add(options.reads == Reads::opt_in, "optin");
    add(options.reads == Reads::opt_in && tracking->chosen(), "caching-yes");
    add(options.reads == Reads::opt_out, "optout");
    add(options.reads == Reads::opt_out && tracking->chosen(), "caching-no");
    add(options.no_loop, "noloop");
    add(tracking->broken(), "broken_redirect");
    for (const std::string& prefix : options.prefixes) prefixes.push_back(Reply::bulk(prefix));
  }
  std::vector<Reply> fields;
  fields.push_back(Reply::bulk("flags"));
  fields.push_back(Reply::set(std::move(flags)));
  fields.push_back(Reply::bulk("redirect"));
  fields.push_back(Reply::integer(redirect_of(ctx.client())));
  fields.push_back(Reply::bulk("prefixes"));
  fields.push_back(Reply::array(std::move(prefixes)));
  return Reply::map(std::move(fields));
}

}  // namespace tidemark::server
