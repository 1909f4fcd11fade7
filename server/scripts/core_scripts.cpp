#include "server/scripts/core_scripts.hpp"

#include <random>

#include "server/config/settings.hpp"
#include "server/script/function_interpreter.hpp"
#include "server/script/interpreter.hpp"

namespace tidemark::server {

namespace {

script::State::Options options_of(const Settings& settings) {
  std::random_device random;
  return {.memory_limit = static_cast<size_t>(settings.lua_memory_limit),
          .seed = (uint64_t{random()} << 32U) | random()};
}

template <typename Made>
Made& ready(std::unique_ptr<Made>& made, const Settings& settings) {
  if (made == nullptr) made = std::make_unique<Made>(options_of(settings));
  made->state().set_memory_limit(static_cast<size_t>(settings.lua_memory_limit));
  return *made;
}

}  // namespace

CoreScripts::CoreScripts() = default;
CoreScripts::~CoreScripts() = default;

script::Interpreter& CoreScripts::scripts(const Settings& settings, uint64_t generation) {
  const auto limit = static_cast<size_t>(settings.lua_memory_limit);
  if (generation_ != generation || script_bytes() > limit - limit / 4) scripts_ = nullptr;
  generation_ = generation;
  return ready(scripts_, settings);
}

script::FunctionInterpreter& CoreScripts::functions(const Settings& settings) {
  return ready(functions_, settings);
}

void CoreScripts::forget_scripts() { scripts_ = nullptr; }
void CoreScripts::forget_functions() { functions_ = nullptr; }

void CoreScripts::collect_some() {
  constexpr int kTimes = 8;  // not a millisecond
  for (int i = 0; i < kTimes; ++i) {
    if (scripts_ != nullptr) scripts_->state().collect_some();
    if (functions_ != nullptr) functions_->state().collect_some();
  }
}

size_t CoreScripts::script_bytes() const {
  return scripts_ == nullptr ? 0 : scripts_->state().memory_bytes();
}

size_t CoreScripts::function_bytes() const {
  return functions_ == nullptr ? 0 : functions_->state().memory_bytes();
}

}  // namespace tidemark::server
