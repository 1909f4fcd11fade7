#include "tests/server/command/random_calls.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace tidemark::server {

namespace {

// On several of four cores.
constexpr std::array<const char*, 8> kKeys{"a", "b", "c", "d", "{tag}1", "{tag}2", "", "e"};
constexpr std::array<const char*, 10> kNumbers{"0", "1",  "2",  "2",   "3",
                                               "4", "-1", "10", "1.5", "x"};
constexpr std::array<const char*, 8> kValues{"*", "$", ">", "-", "+", "[a", "(1", "w_*"};

// The words in capitals, which are what a client sends.
std::vector<std::string> words_of_syntax(Bytes syntax) {
  std::vector<std::string> words;
  const auto in_word = [](char c) { return c == '-' || (c >= 'A' && c <= 'Z'); };
  for (auto at = syntax.begin(); at != syntax.end();) {
    at = std::find_if(at, syntax.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    const auto end = std::find_if_not(at, syntax.end(), in_word);
    if (at != end) words.emplace_back(at, end);
    at = end;
  }
  return words;
}

}  // namespace

std::string RandomCalls::argument(const std::vector<std::string>& words) {
  switch (below(8)) {
    case 0:
    case 1:
    case 2:
      return kKeys[below(kKeys.size())];
    case 3:
    case 4:
      return kNumbers[below(kNumbers.size())];
    case 5:
      return kValues[below(kValues.size())];
    default:
      return words.empty() ? kKeys[below(kKeys.size())] : words[below(words.size())];
  }
}

std::vector<std::string> RandomCalls::call_of(const CommandEntry& entry) {
  constexpr size_t kMore = 7;
  const Arity arity = entry.command->arity;
  const auto least = static_cast<size_t>(arity.value < 0 ? -arity.value : arity.value);
  const size_t count = arity.value < 0 ? least + below(kMore) : least;
  const std::vector<std::string> words = words_of_syntax(entry.command->syntax);
  std::vector<std::string> call;
  if (entry.parent != nullptr) call.push_back(entry.parent->name);
  call.push_back(entry.name);
  while (call.size() < count) call.push_back(argument(words));
  return call;
}

}  // namespace tidemark::server
