#include "server/config/options/custom.hpp"
#include "server/config/options/topics.hpp"

namespace tidemark::server {
namespace {

constexpr Option kOptions[] = {
    {.name = "bind",
     .type = CustomType{.read = read_bind,
                        .show = show_bind,
                        .lines = bind_lines,
                        .syntax = "address [address ...]"},
     .doc =
         "The addresses to listen on, at most 16. `*` stands for all of IPv4 and `::*` for all "
         "of IPv6; one that begins with `-` may be unavailable. Without addresses no TCP port is "
         "opened."},
    {.name = "bind-source-addr",
     .type = StringType{&Settings::bind_source_addr},
     .effect = Effect::accepted,
     .doc = "The local address of connections to other servers."},
    {.name = "port",
     .type = IntegerType{.member = &Settings::port, .max = kPortMax},
     .doc = "The TCP port for clients; 0 listens on none."},
    {.name = "protected-mode",
     .type = BoolType{&Settings::protected_mode},
     .doc = "While the default user has no password, accept connections from this machine only."},
    {.name = "tcp-backlog",
     .type = IntegerType{.member = &Settings::tcp_backlog},
     .change = Change::startup,
     .doc = "Connections that the kernel holds until they are accepted. The kernel's own limit, "
            "net.core.somaxconn, applies as well."},
    {.name = "unixsocket",
     .type = StringType{&Settings::unixsocket},
     .change = Change::startup,
     .doc = "The path of a Unix socket to listen on; none if empty."},
    {.name = "unixsocketperm",
     .type = IntegerType{.member = &Settings::unixsocketperm, .max = 0777, .unit = Unit::octal},
     .change = Change::startup,
     .doc = "The permissions of the Unix socket, in octal; 0 leaves them to the umask."},
    {.name = "timeout",
     .type = IntegerType{.member = &Settings::timeout, .unit = Unit::seconds},
     .doc = "Close a connection that has been idle for so long; 0 never does. Subscribers and "
            "blocked clients are exempt."},
    {.name = "tcp-keepalive",
     .type = IntegerType{.member = &Settings::tcp_keepalive, .unit = Unit::seconds},
     .doc = "How often the kernel probes an idle connection, so that dead peers are noticed; 0 "
            "does not probe."},
    {.name = "socket-mark-id",
     .type = IntegerType{.member = &Settings::socket_mark_id, .max = 4294967295},
     .change = Change::startup,
     .effect = Effect::accepted,
     .doc = "A mark for packet filters on the listening sockets."},
    {.name = "max-new-connections-per-cycle",
     .type = IntegerType{.member = &Settings::max_new_connections_per_cycle, .min = 1, .max = 1000},
     .effect = Effect::accepted,
     .doc = "How many connections to accept in one turn of an event loop."},
    {.name = "max-new-tls-connections-per-cycle",
     .type =
         IntegerType{.member = &Settings::max_new_tls_connections_per_cycle, .min = 1, .max = 1000},
     .effect = Effect::accepted,
     .doc = "How many TLS connections to accept in one turn of an event loop."},
    {.name = "admin-port",
     .type = IntegerType{.member = &Settings::admin_port, .max = kPortMax},
     .change = Change::startup_of_ours,
     .doc = "The HTTP port for health checks and metrics; 0 listens on none."},
};

}  // namespace

std::span<const Option> network_options() { return kOptions; }

}  // namespace tidemark::server
