#pragma once

#include <functional>
#include <span>

#include "protocol/output.hpp"
#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/script/interpreter.hpp"
#include "server/scripts/script_run.hpp"

// What EVAL, FCALL and their like share.

namespace tidemark::server {

// "numkeys key ... arg ...", the keys apart from the others.
struct ScriptInput {
  std::span<const Bytes> keys;
  std::span<const Bytes> args;
};
ScriptInput read_script_input(ArgReader& args);
// The same for what runs it, with what the client wants of the reply.
script::Input to_input(const Context& ctx, const ScriptInput& input);

// Whose compiled code runs the script: the first core's, where all are at hand, so that what a
// script keeps in Lua is the same for everybody; else this one's.
CoreScripts& scripts_at_hand(const Context& ctx);

// Runs a script whose text is `code`: `run_it` has it run in Lua, by what it is given. Brings the
// users whom it needs first.
using RunIt = std::function<script::Ending(ScriptRun& run, protocol::Output& reply)>;
Reply run_with_users(Context& ctx, ScriptRun::What what, Bytes code, const RunIt& run_it);

}  // namespace tidemark::server
