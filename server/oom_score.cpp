#include "server/oom_score.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include <fmt/format.h>

#include "server/log/log.hpp"

namespace tidemark::server {

namespace {

constexpr const char* kFile = "/proc/self/oom_score_adj";
constexpr int kLeast = -1000;
constexpr int kMost = 1000;

bool write_score(int score) {
  std::FILE* const file = std::fopen(kFile, "w");
  bool written = file != nullptr && std::fprintf(file, "%d\n", score) > 0;
  if (file != nullptr) written = std::fclose(file) == 0 && written;
  if (!written)
    log::warning(fmt::format("Unable to write oom_score_adj: {}", std::strerror(errno)));
  return written;
}

int read_score() {
  std::ifstream file(kFile);
  int score = 0;
  file >> score;
  return score;
}

}  // namespace

std::optional<std::string> OomScore::apply(const Settings& settings) {
  const bool on = settings.oom_score_adj != OomScoreAdj::no;
  if (!on && !before_) return std::nullopt;
  const int found = before_ ? *before_ : read_score();
  int score = found;
  if (on) {
    const bool relative = settings.oom_score_adj == OomScoreAdj::relative;
    const auto wanted = static_cast<int>(settings.oom_score_adj_values.front());
    score = std::clamp((relative ? found : 0) + wanted, kLeast, kMost);
  }
  if (!write_score(score)) return "Failed to set current oom_score_adj. Check server logs.";
  before_ = on ? std::optional(found) : std::nullopt;
  return std::nullopt;
}

}  // namespace tidemark::server
