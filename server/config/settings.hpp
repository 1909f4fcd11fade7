#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "server/config/setting_types.hpp"

namespace tidemark::server {

// The value of every option, as plain members: hot code reads a member, nothing else. A member is
// named as its option with underscores for hyphens, and its initializer is the option's default.
// What may be written into it, its unit and what it does is the option's row in
// server/config/options/. Integers are int64_t and amounts of memory uint64_t bytes, whatever their
// range, so that the table needs one kind of pointer for each.
//
// A plain value: the process keeps one in Config, each core its own copy.
struct Settings {
  // network.cpp
  std::vector<std::string> bind = {"*", "-::*"};
  std::string bind_source_addr;
  int64_t port = 6379;
  int64_t tls_port = 0;
  std::string unixsocket;
  int64_t unixsocketperm = 0;
  int64_t tcp_backlog = 511;
  int64_t tcp_keepalive = 300;
  int64_t timeout = 0;
  int64_t socket_mark_id = 0;
  bool protected_mode = true;
  int64_t max_new_connections_per_cycle = 10;
  int64_t max_new_tls_connections_per_cycle = 1;
  int64_t admin_port = 0;

  // tls.cpp
  std::string tls_cert_file;
  std::string tls_key_file;
  std::string tls_key_file_pass;
  std::string tls_client_cert_file;
  std::string tls_client_key_file;
  std::string tls_client_key_file_pass;
  std::string tls_dh_params_file;
  std::string tls_ca_cert_file;
  std::string tls_ca_cert_dir;
  std::string tls_protocols;
  std::string tls_ciphers;
  std::string tls_ciphersuites;
  TlsAuthClients tls_auth_clients = TlsAuthClients::yes;
  bool tls_prefer_server_ciphers = false;
  bool tls_session_caching = true;
  int64_t tls_session_cache_size = 20480;
  int64_t tls_session_cache_timeout = 300;
  bool tls_replication = false;
  bool tls_cluster = false;

  // process.cpp
  int64_t cores = 0;
  bool daemonize = false;
  Supervised supervised = Supervised::no;
  std::string pidfile;
  std::string dir;  // absolute; empty means the directory the process was started in
  int64_t databases = 16;
  int64_t hz = 10;
  bool dynamic_hz = true;
  bool set_proc_title = true;
  std::string proc_title_template = "{title} {listen-addr} {server-mode}";
  bool always_show_logo = false;
  std::string ignore_warnings;
  std::string locale_collate;
  OomScoreAdj oom_score_adj = OomScoreAdj::no;
  std::array<int64_t, 3> oom_score_adj_values = {0, 200, 800};
  bool disable_thp = true;
  std::string server_cpulist;
  std::string bio_cpulist;
  std::string aof_rewrite_cpulist;
  std::string bgsave_cpulist;
  int64_t io_threads = 1;
  bool io_threads_do_reads = false;
  int64_t shutdown_timeout = 10;
  ShutdownOptions shutdown_on_sigint;
  ShutdownOptions shutdown_on_sigterm;
  bool crash_log_enabled = true;
  bool crash_memcheck_enabled = true;
  bool use_exit_on_panic = false;
  int64_t watchdog_period = 0;

  // logging.cpp
  LogLevel loglevel = LogLevel::notice;
  std::string logfile;
  bool syslog_enabled = false;
  std::string syslog_ident = "redis";
  SyslogFacility syslog_facility = SyslogFacility::local0;

  // security.cpp
  std::string requirepass;
  std::string aclfile;
  AclPubsubDefault acl_pubsub_default = AclPubsubDefault::resetchannels;
  int64_t acllog_max_len = 128;
  CommandAccess enable_protected_configs = CommandAccess::no;
  CommandAccess enable_debug_command = CommandAccess::no;
  CommandAccess enable_module_command = CommandAccess::no;
  SanitizeDumpPayload sanitize_dump_payload = SanitizeDumpPayload::no;

  // clients.cpp
  int64_t maxclients = 10000;
  MemoryOrPercent maxmemory_clients;
  uint64_t client_output_buffer_pause = 16ULL << 20;
  uint64_t client_query_buffer_limit = 1ULL << 30;
  OutputLimits client_output_buffer_limit;
  uint64_t proto_max_bulk_len = 512ULL << 20;
  int64_t tracking_table_max_keys = 1000000;
  uint32_t notify_keyspace_events = 0;
  PipelineOrder pipeline_order = PipelineOrder::strict;
  int64_t mailbox_messages_max = 65536;

  // memory.cpp
  uint64_t maxmemory = 0;
  MaxmemoryPolicy maxmemory_policy = MaxmemoryPolicy::noeviction;
  int64_t maxmemory_samples = 5;
  int64_t maxmemory_eviction_tenacity = 10;
  int64_t lfu_log_factor = 10;
  int64_t lfu_decay_time = 1;
  int64_t active_expire_effort = 1;
  bool lazyfree_lazy_eviction = false;
  bool lazyfree_lazy_expire = false;
  bool lazyfree_lazy_server_del = false;
  bool lazyfree_lazy_user_del = false;
  bool lazyfree_lazy_user_flush = false;
  bool activerehashing = true;
  bool activedefrag = false;
  uint64_t active_defrag_ignore_bytes = 100ULL << 20;
  int64_t active_defrag_threshold_lower = 10;
  int64_t active_defrag_threshold_upper = 100;
  int64_t active_defrag_cycle_min = 1;
  int64_t active_defrag_cycle_max = 25;
  int64_t active_defrag_max_scan_fields = 1000;
  bool jemalloc_bg_thread = true;

  // encodings.cpp
  int64_t hash_max_listpack_entries = 512;
  uint64_t hash_max_listpack_value = 64;
  int64_t list_max_listpack_size = -2;
  int64_t list_compress_depth = 0;
  int64_t set_max_intset_entries = 512;
  int64_t set_max_listpack_entries = 128;
  uint64_t set_max_listpack_value = 64;
  int64_t zset_max_listpack_entries = 128;
  uint64_t zset_max_listpack_value = 64;
  uint64_t hll_sparse_max_bytes = 3000;
  uint64_t stream_node_max_bytes = 4096;
  int64_t stream_node_max_entries = 100;
  EncodingNames encoding_names = EncodingNames::redis_7_2;

  // latency.cpp
  int64_t slowlog_log_slower_than = 10000;
  int64_t slowlog_max_len = 128;
  int64_t latency_monitor_threshold = 0;
  bool latency_tracking = true;
  std::vector<double> latency_tracking_info_percentiles = {50, 99, 99.9};

  // script.cpp
  int64_t busy_reply_threshold = 5000;
  bool lua_undeclared_keys = true;
  uint64_t lua_memory_limit = 512ULL << 20;
  uint64_t lua_script_cache_limit = 64ULL << 20;
  bool lua_enable_deprecated_api = false;

  // readstate.cpp
  StoreKind store = StoreKind::rocksdb;
  std::string store_path = "./data";
  std::string store_url;
  int64_t store_threads = 2;
  int64_t store_queue_limit = 1024;
  uint64_t store_cache_bytes = 64ULL << 20;
  uint64_t store_memtable_bytes = 32ULL << 20;
  int64_t load_queue_limit = 65536;
  int64_t commit_delay = 1000;
  uint64_t dirty_limit = 256ULL << 20;
  Durability durability = Durability::write_behind;
  int64_t readstate_max_channels = 131072;
  uint8_t readstate_notify = readstate_event::kAck | readstate_event::kSet | readstate_event::kDel;

  // snapshot.cpp
  std::vector<SavePoint> save = {{3600, 1}, {300, 100}, {60, 10000}};
  std::string dbfilename = "dump.rdb";
  bool rdbcompression = true;
  bool rdbchecksum = true;
  bool rdb_del_sync_files = false;
  bool rdb_save_incremental_fsync = true;
  bool stop_writes_on_bgsave_error = true;
  uint64_t snapshot_buffer_limit = uint64_t{256} << 20;
  int64_t rdb_key_save_delay = 0;
  int64_t key_load_delay = 0;
  int64_t loading_process_events_interval_bytes = 2 << 20;
  bool appendonly = false;
  std::string appendfilename = "appendonly.aof";
  std::string appenddirname = "appendonlydir";
  AppendFsync appendfsync = AppendFsync::everysec;
  bool no_appendfsync_on_rewrite = false;
  int64_t auto_aof_rewrite_percentage = 100;
  uint64_t auto_aof_rewrite_min_size = 64ULL << 20;
  bool aof_load_truncated = true;
  bool aof_use_rdb_preamble = true;
  bool aof_timestamp_enabled = false;
  bool aof_rewrite_incremental_fsync = true;
  bool aof_disable_auto_gc = false;

  // replication.cpp
  ReplicaOf replicaof;
  std::string masteruser;
  std::string masterauth;
  bool replica_serve_stale_data = true;
  bool replica_read_only = true;
  bool replica_lazy_flush = false;
  bool replica_ignore_maxmemory = true;
  bool replica_ignore_disk_write_errors = false;
  bool replica_announced = true;
  int64_t replica_priority = 100;
  std::string replica_announce_ip;
  int64_t replica_announce_port = 0;
  int64_t min_replicas_to_write = 0;
  int64_t min_replicas_max_lag = 10;
  bool repl_diskless_sync = true;
  int64_t repl_diskless_sync_delay = 5;
  int64_t repl_diskless_sync_max_replicas = 0;
  ReplDisklessLoad repl_diskless_load = ReplDisklessLoad::disabled;
  bool repl_disable_tcp_nodelay = false;
  int64_t repl_ping_replica_period = 10;
  int64_t repl_timeout = 60;
  uint64_t repl_backlog_size = 1ULL << 20;
  int64_t repl_backlog_ttl = 3600;
  PropagationError propagation_error_behavior = PropagationError::ignore;

  // cluster.cpp
  bool cluster_enabled = false;
  std::string cluster_config_file = "nodes.conf";
  int64_t cluster_node_timeout = 15000;
  int64_t cluster_port = 0;
  int64_t cluster_replica_validity_factor = 10;
  int64_t cluster_migration_barrier = 1;
  bool cluster_allow_replica_migration = true;
  bool cluster_require_full_coverage = true;
  bool cluster_replica_no_failover = false;
  bool cluster_allow_reads_when_down = false;
  bool cluster_allow_pubsubshard_when_down = true;
  uint64_t cluster_link_sendbuf_limit = 0;
  std::string cluster_announce_ip;
  std::string cluster_announce_hostname;
  std::string cluster_announce_human_nodename;
  int64_t cluster_announce_port = 0;
  int64_t cluster_announce_tls_port = 0;
  int64_t cluster_announce_bus_port = 0;
  ClusterEndpoint cluster_preferred_endpoint_type = ClusterEndpoint::ip;

  friend bool operator==(const Settings&, const Settings&) = default;
};

}  // namespace tidemark::server
