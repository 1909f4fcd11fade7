#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/config/option.hpp"

namespace tidemark::server {

// The options whose syntax is their own, as the functions that CustomType asks for; the contract is
// there. Split over custom_*.cpp by topic.
using SettingWords = std::span<const std::string>;
using ReadError = std::optional<std::string>;

ReadError read_bind(SettingWords words, Origin origin, Settings& settings);
std::string show_bind(const Settings& settings);
std::vector<std::string> bind_lines(const Settings& settings);

ReadError read_dir(SettingWords words, Origin origin, Settings& settings);
std::string show_dir(const Settings& settings);
std::vector<std::string> dir_lines(const Settings& settings);

ReadError read_oom_score_adj_values(SettingWords words, Origin origin, Settings& settings);
std::string show_oom_score_adj_values(const Settings& settings);

ReadError read_shutdown_on_sigint(SettingWords words, Origin origin, Settings& settings);
ReadError read_shutdown_on_sigterm(SettingWords words, Origin origin, Settings& settings);
std::string show_shutdown_on_sigint(const Settings& settings);
std::string show_shutdown_on_sigterm(const Settings& settings);

ReadError read_output_limits(SettingWords words, Origin origin, Settings& settings);
std::string show_output_limits(const Settings& settings);
std::vector<std::string> output_limit_lines(const Settings& settings);

ReadError read_keyspace_events(SettingWords words, Origin origin, Settings& settings);
std::string show_keyspace_events(const Settings& settings);

ReadError read_percentiles(SettingWords words, Origin origin, Settings& settings);
std::string show_percentiles(const Settings& settings);
std::vector<std::string> percentile_lines(const Settings& settings);

ReadError read_readstate_notify(SettingWords words, Origin origin, Settings& settings);
std::string show_readstate_notify(const Settings& settings);
std::vector<std::string> readstate_notify_lines(const Settings& settings);

ReadError read_save(SettingWords words, Origin origin, Settings& settings);
std::string show_save(const Settings& settings);
std::vector<std::string> save_lines(const Settings& settings);

ReadError read_replicaof(SettingWords words, Origin origin, Settings& settings);
std::string show_replicaof(const Settings& settings);
std::vector<std::string> replicaof_lines(const Settings& settings);

// Checks of plain strings.
Complaint plain_file_name(std::string_view value, Complaint complaint);
Complaint check_title_template(std::string_view value);
Complaint check_hostname(std::string_view value);
Complaint check_nodename(std::string_view value);

}  // namespace tidemark::server
