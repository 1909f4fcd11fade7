#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace tidemark::test {

// The log that a server writes while it is tested.
class LogFile {
 public:
  explicit LogFile(std::filesystem::path path) : path_(std::move(path)) {}

  std::string path() const { return path_.string(); }
  std::string text() const {
    std::ifstream file(path_);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  bool has(const std::string& words) const { return text().find(words) != std::string::npos; }

 private:
  std::filesystem::path path_;
};

}  // namespace tidemark::test
