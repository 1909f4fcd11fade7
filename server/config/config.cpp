#include "server/config/config.hpp"

#include <algorithm>
#include <map>

#include "server/config/option_table.hpp"
#include "server/config/rewrite.hpp"
#include "server/config/value_text.hpp"
#include "storage/base/ensure.hpp"
#include "storage/base/glob.hpp"
#include "storage/base/letter_case.hpp"

namespace tidemark::server {
namespace {

constexpr std::string_view kImmutable = "can't set immutable config";

std::string set_error(std::string_view name, std::string_view what) {
  return "CONFIG SET failed (possibly related to argument '" + std::string(name) + "') - " +
         std::string(what);
}

bool may_change_locked(CommandAccess access, Config::Caller caller) {
  return access == CommandAccess::yes ||
         (access == CommandAccess::local && caller == Config::Caller::on_this_machine);
}

bool contains(std::span<const Option* const> options, const Option* option) {
  return std::find(options.begin(), options.end(), option) != options.end();
}

// What was asked to be set: the options by the side of the names and values that were sent.
struct Assignment {
  std::vector<const Option*> options;
  std::vector<std::string_view> names;
  std::vector<std::string_view> values;
};

// Looks every option up and sees that it may be set; nothing is parsed before all may.
std::optional<std::string> resolve(std::span<const std::string_view> pairs,
                                   const Settings& settings, Config::Caller caller,
                                   Assignment& assignment) {
  for (size_t i = 0; i < pairs.size(); i += 2) {
    const std::string_view name = pairs[i];
    const Option* const option = find_option(name);
    if (option == nullptr) {
      return "Unknown option or number of arguments for CONFIG SET - '" + std::string(name) + "'";
    }
    if (option->change == Change::startup) return set_error(name, kImmutable);
    if (option->guard == Guard::locked &&
        !may_change_locked(settings.enable_protected_configs, caller)) {
      return set_error(name, "can't set protected config");
    }
    // The two names of one option do not count as the same, as in Redis; the later one wins.
    for (size_t j = 0; j < assignment.names.size(); ++j) {
      if (equals_nocase(assignment.names[j], name)) {
        return set_error(name, "duplicate parameter");
      }
    }
    assignment.options.push_back(option);
    assignment.names.push_back(name);
    assignment.values.push_back(pairs[i + 1]);
  }
  return std::nullopt;
}

}  // namespace

Config::Config(LoadedConfig loaded) : loaded_(std::move(loaded)) {}

std::vector<std::pair<std::string, std::string>> Config::get(
    std::span<const std::string_view> patterns) const {
  // By name in small letters; the first pattern that finds a name decides how it is spelled.
  std::map<std::string, std::pair<std::string, std::string>> found;
  const auto add = [&](std::string_view name, const Option& option) {
    std::string key = lower_case(name);
    if (found.contains(key)) return;
    found.emplace(std::move(key), std::pair(std::string(name), show_value(option, settings())));
  };
  for (const std::string_view pattern : patterns) {
    if (pattern.find_first_of("*?[") == std::string_view::npos) {
      if (const Option* const option = find_option(pattern)) add(pattern, *option);
      continue;
    }
    for (const OptionTopic& topic : option_topics()) {
      for (const Option& option : topic.options) {
        if (option.visibility == Visibility::hidden) continue;
        for (const std::string_view name : {option.name, option.alias}) {
          if (!name.empty() && glob_matches(pattern, name, GlobCase::ignored)) add(name, option);
        }
      }
    }
  }
  std::vector<std::pair<std::string, std::string>> result;
  result.reserve(found.size());
  for (auto& [key, entry] : found) result.push_back(std::move(entry));
  return result;
}

std::optional<std::string> Config::set(std::span<const std::string_view> pairs, Caller caller) {
  ENSURE(pairs.size() % 2 == 0);
  Assignment assignment;
  if (auto error = resolve(pairs, settings(), caller, assignment)) return error;

  Settings after = settings();
  for (size_t i = 0; i < assignment.options.size(); ++i) {
    const Option& option = *assignment.options[i];
    const std::string value(assignment.values[i]);
    if (auto error = read_value(option, {&value, 1}, Origin::command, after)) {
      return set_error(assignment.names[i], *error);
    }
    if (option.change != Change::live &&
        show_value(option, after) != show_value(option, settings())) {
      return set_error(assignment.names[i], kImmutable);
    }
  }
  const Settings before = std::exchange(loaded_.settings, std::move(after));
  return apply(assignment.options, before, assignment.names);
}

std::optional<std::string> Config::apply(std::span<const Option* const> changed,
                                         const Settings& before,
                                         std::span<const std::string_view> names) {
  for (size_t i = 0; i < subscriptions_.size(); ++i) {
    const Subscription& subscription = subscriptions_[i];
    const auto concerned = std::find_if(changed.begin(), changed.end(), [&](const Option* option) {
      return contains(subscription.options, option);
    });
    if (concerned == changed.end()) continue;
    const auto refusal = subscription.apply(before, settings());
    if (!refusal) continue;

    const Settings refused = std::exchange(loaded_.settings, before);
    for (size_t j = i; j-- > 0;) {
      const Subscription& agreed = subscriptions_[j];
      const bool was_called =
          std::any_of(changed.begin(), changed.end(),
                      [&](const Option* option) { return contains(agreed.options, option); });
      if (was_called) agreed.apply(refused, settings());
    }
    return set_error(names[static_cast<size_t>(concerned - changed.begin())], *refusal);
  }
  return std::nullopt;
}

void Config::on_change(std::initializer_list<std::string_view> names, ApplyChange apply) {
  Subscription subscription{.options = {}, .apply = std::move(apply)};
  for (const std::string_view name : names) {
    const Option* const option = find_option(name);
    ENSURE(option != nullptr);
    subscription.options.push_back(option);
  }
  subscriptions_.push_back(std::move(subscription));
}

std::optional<std::string> Config::rewrite(std::span<const std::string> more_lines,
                                           Defaults defaults) const {
  if (loaded_.file.empty()) return "The server is running without a config file";
  return rewrite_file(loaded_.file, settings(), more_lines, defaults);
}

bool may_set_while_loading(std::string_view name) {
  const Option* const option = find_option(name);
  return option == nullptr || option->while_loading == WhileLoading::allowed;
}

bool is_secret_option(std::string_view name) {
  const Option* const option = find_option(name);
  return option != nullptr && option->privacy == Privacy::secret;
}

}  // namespace tidemark::server
