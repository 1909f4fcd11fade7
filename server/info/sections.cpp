#include "server/info/sections.hpp"

#include <array>

namespace tidemark::server {

namespace {

void write_nothing(const InfoSource&, InfoText&) {}

constexpr std::array kSections{
    InfoSection{"server", "Server", ByDefault::yes, write_server_section},
    InfoSection{"clients", "Clients", ByDefault::yes, write_clients_section},
    InfoSection{"memory", "Memory", ByDefault::yes, write_memory_section},
    InfoSection{"persistence", "Persistence", ByDefault::yes, write_persistence_section},
    InfoSection{"stats", "Stats", ByDefault::yes, write_stats_section},
    InfoSection{"replication", "Replication", ByDefault::yes, write_replication_section},
    InfoSection{"cpu", "CPU", ByDefault::yes, write_cpu_section},
    InfoSection{"modules", "Modules", ByDefault::yes, write_nothing},
    InfoSection{"commandstats", "Commandstats", ByDefault::no, write_commandstats_section},
    InfoSection{"errorstats", "Errorstats", ByDefault::yes, write_errorstats_section},
    InfoSection{"latencystats", "Latencystats", ByDefault::no, write_latencystats_section},
    InfoSection{"cluster", "Cluster", ByDefault::yes, write_cluster_section},
    InfoSection{"keyspace", "Keyspace", ByDefault::yes, write_keyspace_section},
    InfoSection{"readstate", "Readstate", ByDefault::yes, write_read_state_section},
    InfoSection{"cores", "Cores", ByDefault::no, write_cores_section},
};

}  // namespace

std::span<const InfoSection> info_sections() { return kSections; }

}  // namespace tidemark::server
