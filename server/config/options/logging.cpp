#include "server/config/options/topics.hpp"

namespace tidemark::server {
namespace {

constexpr EnumWord kLevels[] = {word("debug", LogLevel::debug), word("verbose", LogLevel::verbose),
                                word("notice", LogLevel::notice),
                                word("warning", LogLevel::warning),
                                word("nothing", LogLevel::nothing)};

constexpr EnumWord kFacilities[] = {
    word("user", SyslogFacility::user),     word("local0", SyslogFacility::local0),
    word("local1", SyslogFacility::local1), word("local2", SyslogFacility::local2),
    word("local3", SyslogFacility::local3), word("local4", SyslogFacility::local4),
    word("local5", SyslogFacility::local5), word("local6", SyslogFacility::local6),
    word("local7", SyslogFacility::local7)};

constexpr Option kOptions[] = {
    {.name = "loglevel",
     .type = enum_type<&Settings::loglevel>(kLevels),
     .doc = "The least important messages to log."},
    {.name = "logfile",
     .type = StringType{&Settings::logfile},
     .change = Change::startup,
     .doc = "The file for the log; standard output if empty. SIGHUP opens it anew."},
    {.name = "syslog-enabled",
     .type = BoolType{&Settings::syslog_enabled},
     .change = Change::startup,
     .doc = "Log to the system's log as well."},
    {.name = "syslog-ident",
     .type = StringType{&Settings::syslog_ident},
     .change = Change::startup,
     .doc = "The name of this program in the system's log."},
    {.name = "syslog-facility",
     .type = enum_type<&Settings::syslog_facility>(kFacilities),
     .change = Change::startup,
     .doc = "The facility in the system's log."},
};

}  // namespace

std::span<const Option> logging_options() { return kOptions; }

}  // namespace tidemark::server
