#pragma once

#include <cstdint>
#include <span>

#include "server/command/context.hpp"
#include "server/info/info_text.hpp"
#include "server/info/totals.hpp"

namespace tidemark::server {

// What a section is written from.
struct InfoSource {
  const Context& ctx;
  const Totals& totals;
};

// Whether INFO shows a section without having been asked for it by name, `all` or `everything`.
enum class ByDefault : uint8_t { no, yes };

struct InfoSection {
  Bytes name;   // as it is asked for
  Bytes title;  // as it is headed
  ByDefault by_default;
  void (*write)(const InfoSource& source, InfoText& text);
};

// In the order in which INFO shows them.
std::span<const InfoSection> info_sections();

// process.cpp
// What stays as it is while the process runs.
void write_identity(const Server& server, InfoText& text);
void write_server_section(const InfoSource& source, InfoText& text);
void write_clients_section(const InfoSource& source, InfoText& text);
void write_cpu_section(const InfoSource& source, InfoText& text);
void write_cores_section(const InfoSource& source, InfoText& text);
// memory.cpp
void write_memory_section(const InfoSource& source, InfoText& text);
// activity.cpp
void write_stats_section(const InfoSource& source, InfoText& text);
void write_commandstats_section(const InfoSource& source, InfoText& text);
void write_errorstats_section(const InfoSource& source, InfoText& text);
void write_latencystats_section(const InfoSource& source, InfoText& text);
// data.cpp
void write_persistence_section(const InfoSource& source, InfoText& text);
void write_replication_section(const InfoSource& source, InfoText& text);
void write_cluster_section(const InfoSource& source, InfoText& text);
void write_keyspace_section(const InfoSource& source, InfoText& text);
void write_read_state_section(const InfoSource& source, InfoText& text);

}  // namespace tidemark::server
