#include "server/command/describe.hpp"

#include <doctest/doctest.h>

#include "tests/server/command/redis_facts.hpp"

using namespace tidemark;
using namespace tidemark::server;

namespace {

Reply nothing(Context&, ArgReader&) { return Reply::none(); }

constexpr Command kObjectCommands[] = {
    Command{.name = "encoding",
            .summary = "Tells how a value is encoded.",
            .since = "2.2.3",
            .complexity = "O(1)",
            .group = Group::generic,
            .arity = exactly(3),
            .flags = Flag::readonly,
            .categories = Category::keyspace,
            .keys = {key_at(2, Access::inspect)},
            .syntax = "key:key",
            .tips = {"nondeterministic_output"},
            .run = nothing},
};

// One for each way in which declarations differ.
constexpr Command kSamples[] = {
    Command{.name = "ping",
            .summary = "-",
            .since = "1.0.0",
            .group = Group::connection,
            .arity = at_least(1),
            .flags = Flag::fast,
            .syntax = "[message]",
            .tips = {"request_policy:all_shards", "response_policy:all_succeeded"},
            .run = nothing},
    Command{.name = "getset",
            .summary = "Sets a string and returns what it was before.",
            .since = "1.0.0",
            .complexity = "O(1)",
            .deprecated = {.since = "6.2.0", .instead = "`SET` with `GET`"},
            .group = Group::string,
            .arity = exactly(3),
            .flags = Flag::write | Flag::deny_oom | Flag::fast,
            .keys = {key_at(1, Access::access_update)},
            .syntax = "key:key value",
            .run = nothing},
    Command{.name = "set",
            .summary = "-",
            .since = "1.0.0",
            .group = Group::string,
            .arity = at_least(3),
            .flags = Flag::write | Flag::deny_oom,
            .keys = {{.start = StartAt{1},
                      .access = Access::access_update,
                      .extra = KeyExtra::variable_flags}},
            .syntax =
                "key:key value [condition:{NX|XX|IFEQ ifeq-value|IFNE ifne-value|IFDEQ "
                "ifdeq-digest|IFDNE "
                "ifdne-digest}] [GET] [expiration:{EX seconds:integer|PX milliseconds:integer|EXAT "
                "unix-time-seconds:unix-time|PXAT unix-time-milliseconds:unix-time|KEEPTTL}]",
            .run = nothing},
    Command{
        .name = "sort",
        .summary = "-",
        .since = "1.0.0",
        .group = Group::generic,
        .arity = at_least(2),
        .flags = Flag::write | Flag::deny_oom,
        .categories = Category::set | Category::sorted_set | Category::list | Category::dangerous,
        .keys = {key_at(1, Access::read), unknown_keys(Access::read),
                 unknown_keys(Access::overwrite)},
        .syntax = "key:key [BY by-pattern<pattern>:pattern1] [LIMIT limit:(offset:integer "
                  "count:integer)] [GET get-pattern<pattern>:pattern1]... [order:{ASC|DESC}] "
                  "[sorting=ALPHA] [STORE destination:key2]",
        .run = nothing},
    Command{.name = "xread",
            .summary = "-",
            .since = "5.0.0",
            .group = Group::stream,
            .arity = at_least(4),
            .flags = Flag::readonly | Flag::blocking,
            .keys = {{.start = StartAfter{"STREAMS", 1}, .walk = Walk{.last = -1, .limit = 2}}},
            .syntax =
                "[COUNT count:integer] [BLOCK milliseconds:integer] STREAMS streams:(key:key... "
                "id...)",
            .run = nothing},
    Command{.name = "zunionstore",
            .summary = "-",
            .since = "2.0.0",
            .group = Group::sorted_set,
            .arity = at_least(4),
            .flags = Flag::write | Flag::deny_oom,
            .keys = {key_at(1, Access::overwrite), counted_keys_at(2, Access::read)},
            .syntax = "destination:key numkeys:integer key:key1... [WEIGHTS weight:integer...] "
                      "[AGGREGATE aggregate:{SUM|MIN|MAX}]",
            .run = nothing},
    Command{.name = "object",
            .summary = "-",
            .since = "2.2.3",
            .group = Group::generic,
            .arity = at_least(2),
            .subcommands = kObjectCommands},
    Command{.name = "debug",
            .summary = "-",
            .since = "1.0.0",
            .group = Group::server,
            .arity = at_least(2),
            .flags = Flag::admin | Flag::no_script | Flag::loading | Flag::stale | Flag::system,
            .run = nothing},
};
static_assert(well_formed(kSamples));
constexpr std::span<const Command> kFamilies[] = {kSamples};

std::string wire(const Reply& reply) {
  protocol::Output out;
  protocol::encode(reply, protocol::RespVersion::v3, out);
  std::string text(out.view());
  for (size_t at; (at = text.find("\r\n")) != std::string::npos;) text.replace(at, 2, " ");
  return text;
}

}  // namespace

TEST_CASE("a declaration says what Redis answers about the command") {
  const CommandTable table(kFamilies);
  const auto redis = load_redis_facts();
  for (const CommandEntry& entry : table.all()) {
    CAPTURE(entry.full_name);
    CHECK(difference(redis.at(entry.full_name), facts_of(entry)) == "");
  }
}

TEST_CASE("COMMAND INFO has sets of flags, and subcommands inside their container") {
  const CommandTable table(kFamilies);
  CHECK(wire(describe_info(*table.find("object"))) ==
        "*10 $6 object :-2 ~0 :0 :0 :0 ~1 +@slow ~0 ~0 ~1 *10 $15 object|encoding :3 ~1 +readonly "
        ":2 :2 :1 ~3 +@keyspace +@read +@slow ~1 $23 nondeterministic_output ~1 %3 $5 flags ~1 +RO "
        "$12 begin_search %2 $4 type $5 index $4 spec %1 $5 index :2 $9 find_keys %2 $4 type "
        "$5 range $4 spec %3 $7 lastkey :0 $7 keystep :1 $5 limit :0 ~0 ");
}

TEST_CASE("COMMAND DOCS tells what replaces a command, and its arguments") {
  const CommandTable table(kFamilies);
  CHECK(wire(describe_docs(*table.find("getset"))) ==
        "%8 $7 summary $45 Sets a string and returns what it was before. $5 since $5 1.0.0 $5 "
        "group $6 string $10 complexity $4 O(1) $9 doc_flags ~1 +deprecated $16 deprecated_since "
        "$5 6.2.0 $11 replaced_by $16 `SET` with `GET` $9 arguments *2 %4 $4 name $3 key $4 type "
        "$3 key $12 display_text $3 key $14 key_spec_index :0 %3 $4 name $5 value $4 type $6 "
        "string $12 display_text $5 value ");
}
