#include "server/config/options/topics.hpp"

namespace tidemark::server {
namespace {

constexpr Option kOptions[] = {
    {.name = "busy-reply-threshold",
     .alias = "lua-time-limit",
     .type = IntegerType{.member = &Settings::busy_reply_threshold,
                         .max = kAnyInt64,
                         .unit = Unit::milliseconds},
     .doc = "After how long a script lets other clients know that the server is busy, so that it "
            "can be stopped; 0 never does."},
    {.name = "lua-undeclared-keys",
     .type = BoolType{&Settings::lua_undeclared_keys},
     .doc =
         "Whether scripts may use keys that they did not declare. With `no` such an access is an "
         "error, and no script ever waits for all cores."},
    {.name = "lua-memory-limit",
     .type = MemoryType{.member = &Settings::lua_memory_limit, .min = 1 << 20},
     .doc = "How much memory Lua may take on a core: for what the scripts that run there make, and "
            "for what was compiled. A script that wants more ends with an error, as does one whose "
            "reply would be longer."},
    {.name = "lua-script-cache-limit",
     .type = MemoryType{.member = &Settings::lua_script_cache_limit},
     .doc = "How much memory the texts of scripts may take that are kept for EVALSHA. Those that "
            "EVAL brought make room for others; where SCRIPT LOAD finds none, it is refused."},
    {.name = "lua-enable-deprecated-api",
     .type = BoolType{&Settings::lua_enable_deprecated_api},
     .change = Change::startup,
     .visibility = Visibility::hidden,
     .effect = Effect::accepted},
};

}  // namespace

std::span<const Option> script_options() { return kOptions; }

}  // namespace tidemark::server
