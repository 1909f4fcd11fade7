#pragma once

#include "protocol/output.hpp"
#include "protocol/reply.hpp"
#include "server/script/lua.hpp"

namespace tidemark::server::script {

// How a script's result becomes a reply.
struct ReplyForm {
  protocol::RespVersion client;  // what the client speaks
  protocol::RespVersion script;  // redis.setresp(): what true and false are
  size_t bytes_max;              // a reply that would be longer is an error
};

// Appends what the value on top of the stack is on the wire, without asking metatables. Returns
// false where the value is an error as a whole; INFO's statistics then have it already where
// `counted`.
bool write_reply(lua_State* lua, const ReplyForm& form, protocol::Output& out, bool& counted);

}  // namespace tidemark::server::script
