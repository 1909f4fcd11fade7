#pragma once

#include <cstdint>
#include <string>

namespace tidemark::server {

// The words and small records that options take as values. Their spelling in the configuration is
// in the rows under server/config/options/.

// In the order of severity, as a message needs at least the configured level to be written.
enum class LogLevel : uint8_t { debug, verbose, notice, warning, nothing };

enum class SyslogFacility : uint8_t {
  user,
  local0,
  local1,
  local2,
  local3,
  local4,
  local5,
  local6,
  local7
};

enum class MaxmemoryPolicy : uint8_t {
  volatile_lru,
  volatile_lfu,
  volatile_random,
  volatile_ttl,
  allkeys_lru,
  allkeys_lfu,
  allkeys_random,
  noeviction
};

enum class Supervised : uint8_t { upstart, systemd, auto_detect, no };
enum class ReplDisklessLoad : uint8_t { disabled, on_empty_db, swapdb };
enum class AppendFsync : uint8_t { everysec, always, no };
enum class OomScoreAdj : uint8_t { no, relative, absolute };
enum class AclPubsubDefault : uint8_t { allchannels, resetchannels };
enum class SanitizeDumpPayload : uint8_t { no, yes, clients };
// Who may use a dangerous command: nobody, connections from this machine, everybody.
enum class CommandAccess : uint8_t { no, yes, local };
enum class ClusterEndpoint : uint8_t { ip, hostname, unknown_endpoint };
enum class PropagationError : uint8_t { ignore, panic, panic_on_replicas };
enum class TlsAuthClients : uint8_t { no, yes, optional };

enum class StoreKind : uint8_t { rocksdb, postgres, none };
enum class Durability : uint8_t { write_behind, everysec, always };
// Whose names of encodings are shown.
enum class EncodingNames : uint8_t { redis_7_0, redis_7_2 };
enum class PipelineOrder : uint8_t { strict, relaxed };

// Bits of `shutdown-on-sigint` and `shutdown-on-sigterm`; none set means the default behaviour.
struct ShutdownOptions {
  bool save = false;
  bool nosave = false;
  bool now = false;
  bool force = false;
  friend bool operator==(const ShutdownOptions&, const ShutdownOptions&) = default;
};

// Bits of `notify-keyspace-events`, as the letters that name them.
namespace keyspace_event {
inline constexpr uint32_t kKeyspace = 1U << 0;  // K: publish on __keyspace@<db>__:<key>
inline constexpr uint32_t kKeyevent = 1U << 1;  // E: publish on __keyevent@<db>__:<event>
inline constexpr uint32_t kGeneric = 1U << 2;   // g
inline constexpr uint32_t kString = 1U << 3;    // $
inline constexpr uint32_t kList = 1U << 4;      // l
inline constexpr uint32_t kSet = 1U << 5;       // s
inline constexpr uint32_t kHash = 1U << 6;      // h
inline constexpr uint32_t kZset = 1U << 7;      // z
inline constexpr uint32_t kExpired = 1U << 8;   // x
inline constexpr uint32_t kEvicted = 1U << 9;   // e
inline constexpr uint32_t kStream = 1U << 10;   // t
inline constexpr uint32_t kKeyMiss = 1U << 11;  // m, not part of A
inline constexpr uint32_t kModule = 1U << 12;   // d
inline constexpr uint32_t kNew = 1U << 13;      // n, not part of A
// A: everything but misses and new keys.
inline constexpr uint32_t kAll =
    kGeneric | kString | kList | kSet | kHash | kZset | kExpired | kEvicted | kStream | kModule;
}  // namespace keyspace_event

// Bits of `readstate-notify`.
namespace readstate_event {
inline constexpr uint8_t kAck = 1U << 0;
inline constexpr uint8_t kSet = 1U << 1;
inline constexpr uint8_t kDel = 1U << 2;
inline constexpr uint8_t kIncr = 1U << 3;
}  // namespace readstate_event

// One pair of `save`: a snapshot is due after `seconds` with at least `changes` changed keys.
struct SavePoint {
  int64_t seconds = 0;
  int64_t changes = 0;
  friend bool operator==(const SavePoint&, const SavePoint&) = default;
};

// What a client class may have waiting to be sent: above `hard_bytes` at once, or above
// `soft_bytes` for `soft_seconds`, the client is disconnected. 0 means no limit.
struct OutputLimit {
  uint64_t hard_bytes = 0;
  uint64_t soft_bytes = 0;
  int64_t soft_seconds = 0;
  friend bool operator==(const OutputLimit&, const OutputLimit&) = default;
};

struct OutputLimits {
  OutputLimit normal;
  OutputLimit replica{.hard_bytes = 256ULL << 20, .soft_bytes = 64ULL << 20, .soft_seconds = 60};
  OutputLimit pubsub{.hard_bytes = 32ULL << 20, .soft_bytes = 8ULL << 20, .soft_seconds = 60};
  friend bool operator==(const OutputLimits&, const OutputLimits&) = default;
};

// A limit in bytes, or in percent of maxmemory where `percent` is not 0.
struct MemoryOrPercent {
  uint64_t bytes = 0;
  uint8_t percent = 0;
  friend bool operator==(const MemoryOrPercent&, const MemoryOrPercent&) = default;
};

// The server this one should replicate; an empty host means none.
struct ReplicaOf {
  std::string host;
  uint16_t port = 0;
  friend bool operator==(const ReplicaOf&, const ReplicaOf&) = default;
};

}  // namespace tidemark::server
