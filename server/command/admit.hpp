#pragma once

#include <optional>
#include <span>

#include "protocol/reply.hpp"
#include "storage/base/bytes.hpp"

namespace tidemark::server {

class Client;
class OnCore;
struct CommandEntry;

// Whether the client may run this command now: one ordered list of refusals, none of which runs
// anything. What depends on the data's owner (memory, the store) is asked there, in execute().
// It counts nothing: whoever sends the refusal calls count_refusal().
std::optional<protocol::Reply> admit(const OnCore& here, Client& client, const CommandEntry* entry,
                                     std::span<const Bytes> args);

}  // namespace tidemark::server
