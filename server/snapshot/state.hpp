#pragma once

#include <cstdint>

namespace tidemark::server {

// What the server remembers of saves and loads. Changed by exclusive work alone.
struct SnapshotState {
  // Unix time in seconds: of the last save that succeeded, else of the start.
  int64_t last_save = 0;
  // Of those in the background: whether the last one failed, when the last one was begun, and how
  // long the last one took; -1 for none.
  bool last_save_failed = false;
  int64_t last_attempt = 0;
  int64_t background_seconds = -1;
  // What it wrote earlier than in its turn, since it was about to be changed.
  uint64_t early_bytes = 0;
  uint64_t saves = 0;
  // Changes of keys, as INFO adds them up, when the last save was made.
  uint64_t changes_saved = 0;
  // Of the last load.
  uint64_t keys_loaded = 0;
  uint64_t keys_expired = 0;

  void note_save(int64_t now, uint64_t changes) {
    last_save = now;
    changes_saved = changes;
    ++saves;
  }
  void note_load(uint64_t loaded, uint64_t expired, uint64_t changes) {
    keys_loaded = loaded;
    keys_expired = expired;
    changes_saved = changes;
  }
};

}  // namespace tidemark::server
