#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "server/config/options/custom.hpp"
#include "server/config/value_text.hpp"
#include "server/config/words.hpp"
#include "storage/base/letter_case.hpp"

// bind, dir, oom-score-adj-values, shutdown-on-*, replicaof, and the checks of plain strings.

namespace tidemark::server {
namespace {

constexpr size_t kBindAddressesMax = 16;
constexpr int64_t kOomScoreAdjMax = 2000;
constexpr size_t kHostnameCharsMax = 255;

ReadError read_shutdown(SettingWords words, ShutdownOptions& options) {
  ShutdownOptions read;
  for (const std::string& word : words) {
    if (equals_nocase(word, "save")) {
      read.save = true;
    } else if (equals_nocase(word, "nosave")) {
      read.nosave = true;
    } else if (equals_nocase(word, "now")) {
      read.now = true;
    } else if (equals_nocase(word, "force")) {
      read.force = true;
    } else if (!equals_nocase(word, "default")) {
      words = {};
      break;
    }
  }
  if (words.empty()) {
    return "argument(s) must be one of the following: default, save, nosave, now, force";
  }
  if (read.save && read.nosave) {
    return "shutdown options SAVE and NOSAVE can't be used simultaneously";
  }
  options = read;
  return std::nullopt;
}

std::string show_shutdown(const ShutdownOptions& options) {
  std::string text;
  const auto add = [&text](bool set, std::string_view word) {
    if (!set) return;
    if (!text.empty()) text += ' ';
    text += word;
  };
  add(options.save, "save");
  add(options.nosave, "nosave");
  add(options.now, "now");
  add(options.force, "force");
  return text.empty() ? "default" : text;
}

}  // namespace

ReadError read_bind(SettingWords words, Origin, Settings& settings) {
  if (words.size() > kBindAddressesMax) return "Too many bind addresses specified.";
  settings.bind.assign(words.begin(), words.end());
  std::erase(settings.bind, "");
  return std::nullopt;
}

std::string show_bind(const Settings& settings) {
  std::string text;
  for (const std::string& address : settings.bind) {
    if (!text.empty()) text += ' ';
    text += address;
  }
  return text;
}

std::vector<std::string> bind_lines(const Settings& settings) {
  return {settings.bind.empty() ? "\"\"" : show_bind(settings)};
}

ReadError read_dir(SettingWords words, Origin, Settings& settings) {
  if (words.front().empty()) return std::strerror(ENOENT);
  std::error_code error;
  std::filesystem::path path = std::filesystem::canonical(words.front(), error);
  if (!error && !std::filesystem::is_directory(path, error) && !error) {
    error = std::make_error_code(std::errc::not_a_directory);
  }
  if (error) return std::strerror(error.value());
  settings.dir = path.string();
  return std::nullopt;
}

std::string show_dir(const Settings& settings) {
  if (!settings.dir.empty()) return settings.dir;
  std::error_code error;
  return std::filesystem::current_path(error).string();
}

std::vector<std::string> dir_lines(const Settings& settings) {
  if (settings.dir.empty()) return {};
  return {as_word(settings.dir)};
}

ReadError read_oom_score_adj_values(SettingWords words, Origin, Settings& settings) {
  if (words.size() != settings.oom_score_adj_values.size()) return "wrong number of arguments";
  for (size_t i = 0; i < words.size(); ++i) {
    const std::optional<int64_t> value = parse_loose_integer(words[i]);
    if (!value || *value < -kOomScoreAdjMax || *value > kOomScoreAdjMax) {
      return "Invalid oom-score-adj-values, elements must be between -2000 and 2000.";
    }
    settings.oom_score_adj_values[i] = *value;
  }
  return std::nullopt;
}

std::string show_oom_score_adj_values(const Settings& settings) {
  const auto& values = settings.oom_score_adj_values;
  return std::to_string(values[0]) + ' ' + std::to_string(values[1]) + ' ' +
         std::to_string(values[2]);
}

ReadError read_shutdown_on_sigint(SettingWords words, Origin, Settings& settings) {
  return read_shutdown(words, settings.shutdown_on_sigint);
}

ReadError read_shutdown_on_sigterm(SettingWords words, Origin, Settings& settings) {
  return read_shutdown(words, settings.shutdown_on_sigterm);
}

std::string show_shutdown_on_sigint(const Settings& settings) {
  return show_shutdown(settings.shutdown_on_sigint);
}

std::string show_shutdown_on_sigterm(const Settings& settings) {
  return show_shutdown(settings.shutdown_on_sigterm);
}

ReadError read_replicaof(SettingWords words, Origin, Settings& settings) {
  if (words.size() != 2) return "wrong number of arguments";
  settings.replicaof = {};
  if (equals_nocase(words[0], "no") && equals_nocase(words[1], "one")) {
    return std::nullopt;
  }
  const std::optional<int64_t> port = parse_loose_integer(words[1]);
  if (!port || *port < 0 || *port > 65535) return "Invalid master port";
  settings.replicaof = {.host = words[0], .port = static_cast<uint16_t>(*port)};
  return std::nullopt;
}

std::string show_replicaof(const Settings& settings) {
  if (settings.replicaof.host.empty()) return "";
  return settings.replicaof.host + ' ' + std::to_string(settings.replicaof.port);
}

std::vector<std::string> replicaof_lines(const Settings& settings) {
  if (settings.replicaof.host.empty()) return {};
  return {show_replicaof(settings)};
}

Complaint plain_file_name(std::string_view value, Complaint complaint) {
  const bool plain = value.find('/') == std::string_view::npos && value != "." && value != "..";
  return plain ? nullptr : complaint;
}

Complaint check_title_template(std::string_view value) {
  static constexpr Complaint kComplaint =
      "template format is invalid or contains unknown variables";
  static constexpr std::string_view kVariables[] = {
      "title", "listen-addr", "server-mode", "port", "tls-port", "unixsocket", "config-file"};
  if (value.find_first_not_of(' ') == std::string_view::npos) return kComplaint;
  for (size_t at = value.find('{'); at != std::string_view::npos; at = value.find('{', at)) {
    ++at;
    if (value.substr(at, 1) == "{") {  // "{{" stands for "{"
      ++at;
      continue;
    }
    const size_t end = value.find('}', at);
    if (end == std::string_view::npos) return kComplaint;
    const std::string_view name = value.substr(at, end - at);
    if (std::find(std::begin(kVariables), std::end(kVariables), name) == std::end(kVariables)) {
      return kComplaint;
    }
    at = end;
  }
  return nullptr;
}

Complaint check_hostname(std::string_view value) {
  if (value.size() > kHostnameCharsMax) return "Hostnames must be less than 256 characters";
  const bool valid = std::all_of(value.begin(), value.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.';
  });
  return valid ? nullptr : "Hostnames may only contain alphanumeric characters, hyphens or dots";
}

Complaint check_nodename(std::string_view value) {
  const bool valid = std::all_of(value.begin(), value.end(), [](char c) {
    return c > ' ' && c < 0x7F && std::strchr("!\"#$%&'()*+,/:;<=>?@[\\]^`{|}~", c) == nullptr;
  });
  return valid ? nullptr : "Announced human node name contained invalid character";
}

}  // namespace tidemark::server
