#include "server/config/options/topics.hpp"

namespace tidemark::server {
namespace {

constexpr EnumWord kPubsubDefaults[] = {word("allchannels", AclPubsubDefault::allchannels),
                                        word("resetchannels", AclPubsubDefault::resetchannels)};

constexpr EnumWord kAccess[] = {word("no", CommandAccess::no), word("yes", CommandAccess::yes),
                                word("local", CommandAccess::local)};

constexpr EnumWord kSanitize[] = {word("no", SanitizeDumpPayload::no),
                                  word("yes", SanitizeDumpPayload::yes),
                                  word("clients", SanitizeDumpPayload::clients)};

constexpr Option kOptions[] = {
    {.name = "requirepass",
     .type = StringType{&Settings::requirepass},
     .privacy = Privacy::secret,
     .doc = "The password of the default user; none if empty."},
    {.name = "aclfile",
     .type = StringType{&Settings::aclfile},
     .change = Change::startup,
     .doc = "A file of users, for ACL LOAD and ACL SAVE. Excludes `user` lines in this file."},
    {.name = "acl-pubsub-default",
     .type = enum_type<&Settings::acl_pubsub_default>(kPubsubDefaults),
     .doc = "Which channels a new user may use."},
    {.name = "acllog-max-len",
     .type = IntegerType{.member = &Settings::acllog_max_len, .max = kAnyInt64},
     .doc = "How many refusals ACL LOG remembers."},
    {.name = "enable-protected-configs",
     .type = enum_type<&Settings::enable_protected_configs>(kAccess),
     .change = Change::startup,
     .doc = "Whether CONFIG SET may change options that reach beyond the server, such as `dir`."},
    {.name = "enable-debug-command",
     .type = enum_type<&Settings::enable_debug_command>(kAccess),
     .change = Change::startup,
     .doc = "Who may use DEBUG; `local` means connections from this machine."},
    {.name = "enable-module-command",
     .type = enum_type<&Settings::enable_module_command>(kAccess),
     .change = Change::startup,
     .doc = "Who may use MODULE."},
    {.name = "sanitize-dump-payload",
     .type = enum_type<&Settings::sanitize_dump_payload>(kSanitize),
     .effect = Effect::accepted,
     .doc = "Whether RESTORE verifies payloads. They always are, element by element."},
};

}  // namespace

std::span<const Option> security_options() { return kOptions; }

}  // namespace tidemark::server
