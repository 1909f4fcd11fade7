#include "bench/base/request_template.hpp"

#include <algorithm>
#include <cstring>

#include "bench/base/endpoint.hpp"
#include "bench/base/random.hpp"

namespace tidemark::bench {

namespace {

constexpr size_t kIdDigits = 19;
constexpr size_t kRandomDigits = 12;
constexpr size_t kKeyDigitsMin = 10;
constexpr uint64_t kChannelIdMin = 1'000'000'000'000'000'000;
constexpr uint64_t kMessageIdMin = 1'500'000'000'000'000'000;

// Right-aligned, padded with zeros; higher digits are cut off.
void write_digits(char* out, size_t digits, uint64_t value) {
  for (size_t i = digits; i > 0; --i) {
    out[i - 1] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

std::string random_text(size_t bytes, uint64_t seed) {
  constexpr std::string_view kAlphabet =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  Random random(seed);
  std::string text(bytes, '\0');
  for (char& c : text) c = kAlphabet[random.next() >> 58];
  return text;
}

std::vector<std::string_view> split_words(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const size_t start = line.find_first_not_of(' ');
    if (start == std::string_view::npos) return words;
    const size_t end = std::min(line.find(' ', start), line.size());
    words.push_back(line.substr(start, end - start));
    line.remove_prefix(end);
  }
}

}  // namespace

uint64_t channel_id(uint64_t channel) {
  return kChannelIdMin + mix64(channel + 1) % (kMessageIdMin - kChannelIdMin);
}

uint64_t message_id(uint64_t message) {
  // A message every four milliseconds: the time is above bit 22 of a snowflake.
  return kMessageIdMin + (message << 24);
}

RequestTemplate::RequestTemplate(std::string_view line, const PlaceholderFormat& format) {
  const std::vector<std::string_view> words = split_words(line);
  if (words.empty()) throw BenchError("a command is empty");
  name_ = words.front();
  encoded_ = '*' + std::to_string(words.size()) + "\r\n";
  for (const std::string_view word : words) append_word(word, format);
}

void RequestTemplate::append_word(std::string_view word, const PlaceholderFormat& format) {
  struct Placeholder {
    std::string_view text;
    Kind kind;
    size_t digits;
  };
  const size_t key_digits = std::max(
      kKeyDigitsMin, format.key_bytes - std::min(format.key_bytes, format.key_prefix.size()));
  const Placeholder placeholders[] = {{"__key__", Kind::key, key_digits},
                                      {"__channel__", Kind::channel, kIdDigits},
                                      {"__id__", Kind::message, kIdDigits},
                                      {"__rand__", Kind::random, kRandomDigits}};
  std::string body;
  std::vector<Hole> holes;
  while (!word.empty()) {
    constexpr std::string_view kData = "__data__";
    if (word.starts_with(kData)) {
      body += random_text(format.value_bytes, format.value_seed);
      word.remove_prefix(kData.size());
      continue;
    }
    const auto* const found = std::find_if(std::begin(placeholders), std::end(placeholders),
                                           [&](const auto& p) { return word.starts_with(p.text); });
    if (found == std::end(placeholders)) {
      body += word.front();
      word.remove_prefix(1);
      continue;
    }
    if (found->kind == Kind::key) body += format.key_prefix;
    holes.push_back({found->kind, body.size(), found->digits});
    body.append(found->digits, '0');
    word.remove_prefix(found->text.size());
  }
  encoded_ += '$' + std::to_string(body.size()) + "\r\n";
  for (Hole& hole : holes) hole.offset += encoded_.size();
  holes_.insert(holes_.end(), holes.begin(), holes.end());
  encoded_ += body + "\r\n";
}

void RequestTemplate::write(char* out, const PlaceholderValues& values) const {
  std::memcpy(out, encoded_.data(), encoded_.size());
  for (const Hole& hole : holes_) {
    char* const at = out + hole.offset;
    switch (hole.kind) {
      case Kind::key:
        write_digits(at, hole.digits, values.key);
        break;
      case Kind::channel:
        write_digits(at, hole.digits, channel_id(values.channel));
        break;
      case Kind::message:
        write_digits(at, hole.digits, message_id(values.message));
        break;
      case Kind::random:
        write_digits(at, hole.digits, values.random);
        break;
    }
  }
}

}  // namespace tidemark::bench
