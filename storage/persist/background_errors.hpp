#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "storage/base/mutex.hpp"

namespace tidemark::storage {

// What fails in threads of RocksDB's own, for those who write next. Any thread may call anything.
class BackgroundErrors {
 public:
  // `fatal`: RocksDB takes no writes until it is recovered.
  enum class Weight : uint8_t { passing, fatal };
  void note(std::string text, Weight weight) EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    last_ = std::move(text);
    fatal_ = fatal_ || weight == Weight::fatal;
  }
  // Whether a fatal one came since the last take_fatal().
  bool fatal() const EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return fatal_;
  }
  bool take_fatal() EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return std::exchange(fatal_, false);
  }
  std::string last() const EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return last_;
  }

 private:
  mutable Mutex mutex_;
  std::string last_ GUARDED_BY(mutex_);
  bool fatal_ GUARDED_BY(mutex_) = false;
};

}  // namespace tidemark::storage
