#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/config/load.hpp"
#include "server/config/option.hpp"
#include "server/config/rewrite.hpp"

namespace tidemark::server {

// The configuration of the running process: the current settings, what CONFIG GET, SET and REWRITE
// do, and who wants to hear of a change. It knows neither the server nor the cores: they subscribe.
//
// Thread: changed while no other thread reads it (by work that has stopped all cores), read by all.
class Config {
 public:
  explicit Config(LoadedConfig loaded = {});
  Config(const Config&) = delete;
  Config& operator=(const Config&) = delete;

  const Settings& settings() const { return loaded_.settings; }
  // What was read at startup besides the settings: users, modules, renamed commands.
  const LoadedConfig& loaded() const { return loaded_; }

  // The name and value of every option that matches one of the patterns, sorted by name, each name
  // once. Both names of an option with an alias match. A pattern without wildcards finds hidden
  // options too and is echoed as the name in the letters it was asked with.
  std::vector<std::pair<std::string, std::string>> get(
      std::span<const std::string_view> patterns) const;

  // Where the client that sets an option is, for `enable-protected-configs local`.
  enum class Caller : uint8_t { on_this_machine, elsewhere };

  // Sets name, value, name, value ...: all or none. REQUIRES: an even number. Returns the text of
  // the error reply without its "ERR " where nothing was changed. The text may carry bytes of a
  // name the client sent; the reply writer keeps CR and LF out of the protocol.
  std::optional<std::string> set(std::span<const std::string_view> pairs, Caller caller);

  // Called after the settings have changed; returns why the change cannot be made, which undoes the
  // whole CONFIG SET: subscribers that had agreed are called again with the roles exchanged.
  // settings() is `after` during the call. Must not call set().
  using ApplyChange =
      std::function<std::optional<std::string>(const Settings& before, const Settings& after)>;

  // Subscribes to changes of any of these options. REQUIRES: each names an option.
  // A CONFIG SET that names several of them calls once; one that sets the same value calls too, as
  // Redis reloads certificates and the like then.
  void on_change(std::initializer_list<std::string_view> names, ApplyChange apply);

  // Writes the current settings back into the file they came from. Returns the text of the error
  // reply without its "ERR ". `more_lines` are directives owned by others (say `user ...`): they
  // replace all lines of the same first word in the file.
  std::optional<std::string> rewrite(std::span<const std::string> more_lines = {},
                                     Defaults defaults = Defaults::left_out) const;

 private:
  struct Subscription {
    std::vector<const Option*> options;
    ApplyChange apply;
  };
  std::optional<std::string> apply(std::span<const Option* const> changed, const Settings& before,
                                   std::span<const std::string_view> names);

  LoadedConfig loaded_;
  std::vector<Subscription> subscriptions_;
};

// False where CONFIG SET has to wait until the data of the last run is loaded. True for unknown
// names.
bool may_set_while_loading(std::string_view name);

// Whether the values of this option must be kept out of logs, MONITOR and SLOWLOG.
bool is_secret_option(std::string_view name);

}  // namespace tidemark::server
