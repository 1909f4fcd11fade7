#pragma once

#include <optional>
#include <string>
#include <vector>

#include "protocol/output.hpp"
#include "server/tracking/tracking_table.hpp"

namespace tidemark::server {

class Client;
class Context;
class OnCore;

// Tells a client, wherever it is, that what it has cached of a key that it read is no longer so. It
// goes to the client's home, and from there to whom it redirects. A client that has stopped
// tracking meanwhile, tracks prefixes now, or is gone, is not told.
void invalidate(const OnCore& here, const Tracker& tracker, std::string key);
// The same of keys with one of its prefixes.
void invalidate_prefix(const OnCore& here, const Tracker& tracker, std::vector<std::string> keys);
// The same of all keys.
void invalidate_all(const OnCore& here, const Tracker& tracker);

// The same of one key, or of all, as a client itself gets it in RESP3.
void write_invalidation(protocol::Output& out, const std::optional<std::string>& key);

// Ends what CLIENT TRACKING ON began, on every core. At the client's home.
void stop_tracking(const OnCore& home, Client& client);

}  // namespace tidemark::server
