#pragma once

#include "server/script/lua.hpp"

namespace tidemark::server::script {

// Sets what `redis` has in scripts as well as while a library is loaded, in the table on top of the
// stack: log() with its levels, the version, the flags of set_repl().
void add_redis_constants(lua_State* lua);

}  // namespace tidemark::server::script
