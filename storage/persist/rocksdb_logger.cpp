#include "storage/persist/rocksdb_logger.hpp"

#include <rocksdb/env.h>

#include <array>
#include <cstdarg>
#include <cstdio>
#include <string_view>
#include <utility>

namespace tidemark::storage {
namespace {

// A line begins with the place in RocksDB's source that it comes from.
std::string_view without_place(std::string_view line) {
  const size_t end = line.find("] ");
  return line.starts_with('[') && end != std::string_view::npos ? line.substr(end + 2) : line;
}

class ForwardingLogger final : public rocksdb::Logger {
 public:
  explicit ForwardingLogger(RocksDbStore::Log log)
      : Logger(rocksdb::InfoLogLevel::ERROR_LEVEL), log_(std::move(log)) {}

  using Logger::Logv;
  void Logv(const rocksdb::InfoLogLevel level, const char* format, va_list values) override {
    if (level < GetInfoLogLevel() || level > rocksdb::InfoLogLevel::FATAL_LEVEL || !log_) return;
    std::array<char, 1024> text;
    const int size = std::vsnprintf(text.data(), text.size(), format, values);
    if (size > 0) log_(without_place(text.data()));
  }
  void LogHeader(const char*, va_list) override {}

 private:
  const RocksDbStore::Log log_;
};

}  // namespace

std::shared_ptr<rocksdb::Logger> make_rocksdb_logger(RocksDbStore::Log log) {
  return std::make_shared<ForwardingLogger>(std::move(log));
}

}  // namespace tidemark::storage
