#include <algorithm>
#include <cstdio>

#include "server/config/options/custom.hpp"
#include "server/config/value_text.hpp"
#include "storage/base/letter_case.hpp"
#include "storage/base/number.hpp"

// client-output-buffer-limit, notify-keyspace-events, readstate-notify, percentiles and save.

namespace tidemark::server {
namespace {

OutputLimit* find_limit(std::string_view client_class, OutputLimits& limits) {
  if (equals_nocase(client_class, "normal")) return &limits.normal;
  if (equals_nocase(client_class, "replica")) return &limits.replica;
  if (equals_nocase(client_class, "slave")) return &limits.replica;
  if (equals_nocase(client_class, "pubsub")) return &limits.pubsub;
  return nullptr;
}

std::string limit_text(std::string_view client_class, const OutputLimit& limit,
                       std::string (*amount)(uint64_t)) {
  return std::string(client_class) + ' ' + amount(limit.hard_bytes) + ' ' +
         amount(limit.soft_bytes) + ' ' + std::to_string(limit.soft_seconds);
}

struct Letter {
  char letter;
  uint32_t bit;
};

// In the order in which they are shown.
constexpr Letter kClassLetters[] = {
    {'g', keyspace_event::kGeneric}, {'$', keyspace_event::kString},
    {'l', keyspace_event::kList},    {'s', keyspace_event::kSet},
    {'h', keyspace_event::kHash},    {'z', keyspace_event::kZset},
    {'x', keyspace_event::kExpired}, {'e', keyspace_event::kEvicted},
    {'t', keyspace_event::kStream},  {'d', keyspace_event::kModule}};
constexpr Letter kOtherLetters[] = {{'n', keyspace_event::kNew},
                                    {'K', keyspace_event::kKeyspace},
                                    {'E', keyspace_event::kKeyevent},
                                    {'m', keyspace_event::kKeyMiss}};

uint32_t event_bits(char letter) {
  if (letter == 'A') return keyspace_event::kAll;
  for (const Letter& entry : kClassLetters) {
    if (entry.letter == letter) return entry.bit;
  }
  for (const Letter& entry : kOtherLetters) {
    if (entry.letter == letter) return entry.bit;
  }
  return 0;
}

struct ReadStateWord {
  std::string_view word;
  uint8_t bit;
};
constexpr ReadStateWord kReadStateWords[] = {{"ack", readstate_event::kAck},
                                             {"set", readstate_event::kSet},
                                             {"del", readstate_event::kDel},
                                             {"incr", readstate_event::kIncr}};

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += ' ';
    text += word;
  }
  return text;
}

// At most six decimals and no zeros at the end, as Redis shows a percentile.
std::string percentile_text(double value) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%f", value);
  std::string text = buffer;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

}  // namespace

ReadError read_output_limits(SettingWords words, Origin, Settings& settings) {
  if (words.size() % 4 != 0) return "Wrong number of arguments in buffer limit configuration.";
  OutputLimits limits = settings.client_output_buffer_limit;
  for (size_t i = 0; i < words.size(); i += 4) {
    OutputLimit* const limit = find_limit(words[i], limits);
    if (limit == nullptr) return "Invalid client class specified in buffer limit configuration.";
    const std::optional<uint64_t> hard = parse_memory(words[i + 1]);
    const std::optional<uint64_t> soft = parse_memory(words[i + 2]);
    const std::optional<int64_t> seconds = parse_loose_integer(words[i + 3]);
    if (!hard || !soft || !seconds || *seconds < 0) {
      return "Error in hard, soft or soft_seconds setting in buffer limit configuration.";
    }
    *limit = {.hard_bytes = *hard, .soft_bytes = *soft, .soft_seconds = *seconds};
  }
  settings.client_output_buffer_limit = limits;
  return std::nullopt;
}

// "slave" is what clients of CONFIG GET have always parsed.
std::string show_output_limits(const Settings& settings) {
  const OutputLimits& limits = settings.client_output_buffer_limit;
  const auto amount = [](uint64_t bytes) { return std::to_string(bytes); };
  return limit_text("normal", limits.normal, amount) + ' ' +
         limit_text("slave", limits.replica, amount) + ' ' +
         limit_text("pubsub", limits.pubsub, amount);
}

std::vector<std::string> output_limit_lines(const Settings& settings) {
  const OutputLimits& limits = settings.client_output_buffer_limit;
  return {limit_text("normal", limits.normal, memory_text),
          limit_text("replica", limits.replica, memory_text),
          limit_text("pubsub", limits.pubsub, memory_text)};
}

ReadError read_keyspace_events(SettingWords words, Origin, Settings& settings) {
  uint32_t events = 0;
  for (const char letter : words.front()) {
    const uint32_t bits = event_bits(letter);
    if (bits == 0) return "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.";
    events |= bits;
  }
  settings.notify_keyspace_events = events;
  return std::nullopt;
}

std::string show_keyspace_events(const Settings& settings) {
  const uint32_t events = settings.notify_keyspace_events;
  std::string text;
  if ((events & keyspace_event::kAll) == keyspace_event::kAll) {
    text += 'A';
  } else {
    for (const Letter& entry : kClassLetters) {
      if ((events & entry.bit) != 0) text += entry.letter;
    }
  }
  for (const Letter& entry : kOtherLetters) {
    if ((events & entry.bit) != 0) text += entry.letter;
  }
  return text;
}

ReadError read_readstate_notify(SettingWords words, Origin, Settings& settings) {
  uint8_t events = 0;
  for (const std::string& word : words) {
    const auto* const entry =
        std::find_if(std::begin(kReadStateWords), std::end(kReadStateWords),
                     [&word](const ReadStateWord& e) { return equals_nocase(e.word, word); });
    if (entry == std::end(kReadStateWords)) {
      return "argument(s) must be one of the following: ack, set, del, incr";
    }
    events = static_cast<uint8_t>(events | entry->bit);
  }
  settings.readstate_notify = events;
  return std::nullopt;
}

std::string show_readstate_notify(const Settings& settings) {
  std::vector<std::string> words;
  for (const ReadStateWord& entry : kReadStateWords) {
    if ((settings.readstate_notify & entry.bit) != 0) words.emplace_back(entry.word);
  }
  return joined(words);
}

std::vector<std::string> readstate_notify_lines(const Settings& settings) {
  return {settings.readstate_notify == 0 ? "\"\"" : show_readstate_notify(settings)};
}

ReadError read_percentiles(SettingWords words, Origin, Settings& settings) {
  std::vector<double> percentiles;
  for (const std::string& word : words) {
    const std::optional<double> value = parse_double(word);
    if (!value) return "Invalid latency-tracking-info-percentiles parameters";
    if (*value < 0.0 || *value > 100.0) {
      return "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]";
    }
    percentiles.push_back(*value);
  }
  settings.latency_tracking_info_percentiles = std::move(percentiles);
  return std::nullopt;
}

std::string show_percentiles(const Settings& settings) {
  std::vector<std::string> words;
  for (const double value : settings.latency_tracking_info_percentiles) {
    words.push_back(percentile_text(value));
  }
  return joined(words);
}

std::vector<std::string> percentile_lines(const Settings& settings) {
  const std::string text = show_percentiles(settings);
  return {text.empty() ? "\"\"" : text};
}

ReadError read_save(SettingWords words, Origin origin, Settings& settings) {
  if (words.size() % 2 != 0) return "Invalid save parameters";
  std::vector<SavePoint> points;
  for (size_t i = 0; i < words.size(); i += 2) {
    const std::optional<int64_t> seconds = parse_loose_integer(words[i]);
    const std::optional<int64_t> changes = parse_loose_integer(words[i + 1]);
    if (!seconds || *seconds < 1 || !changes || *changes < 0) return "Invalid save parameters";
    points.push_back({.seconds = *seconds, .changes = *changes});
  }
  // Without words every earlier line is forgotten, wherever it came from.
  if (origin == Origin::again_in_file && !points.empty()) {
    settings.save.insert(settings.save.end(), points.begin(), points.end());
  } else {
    settings.save = std::move(points);
  }
  return std::nullopt;
}

std::string show_save(const Settings& settings) {
  std::vector<std::string> words;
  for (const SavePoint& point : settings.save) {
    words.push_back(std::to_string(point.seconds));
    words.push_back(std::to_string(point.changes));
  }
  return joined(words);
}

std::vector<std::string> save_lines(const Settings& settings) {
  std::vector<std::string> lines;
  for (const SavePoint& point : settings.save) {
    lines.push_back(std::to_string(point.seconds) + ' ' + std::to_string(point.changes));
  }
  if (lines.empty()) lines.emplace_back("\"\"");
  return lines;
}

}  // namespace tidemark::server
