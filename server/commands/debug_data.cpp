#include "server/commands/debug_data.hpp"

#include <openssl/evp.h>

#include <array>
#include <limits>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "server/commands/encoding_name.hpp"
#include "server/commands/rdb_options.hpp"
#include "server/server.hpp"
#include "storage/rdb/value_writer.hpp"
#include "storage/value/hash.hpp"
#include "storage/value/list.hpp"
#include "storage/value/set.hpp"
#include "storage/value/sorted_set.hpp"
#include "storage/value/stream.hpp"

namespace tidemark::server {

namespace {

using storage::Entry;

constexpr int64_t kLruClockMask = (1 << 24) - 1;

// Redis's digest of data: SHA-1 sums, chained where order counts and xored where it does not.
class Digest {
 public:
  // Whatever the order of what is added.
  void add_unordered(Bytes bytes) {
    const Sum other = sum(bytes);
    for (size_t i = 0; i < sum_.size(); ++i) sum_[i] ^= other[i];
  }
  void add(Bytes bytes) {
    add_unordered(bytes);
    sum_ = sum(view());
  }
  void add_number(uint32_t number) {
    const std::array<char, 4> big_endian{static_cast<char>(number >> 24),
                                         static_cast<char>(number >> 16),
                                         static_cast<char>(number >> 8), static_cast<char>(number)};
    add({big_endian.data(), big_endian.size()});
  }
  Bytes view() const { return {reinterpret_cast<const char*>(sum_.data()), sum_.size()}; }
  std::string hex() const {
    std::string text;
    for (const unsigned char byte : sum_) text += fmt::format("{:02x}", byte);
    return text;
  }

 private:
  using Sum = std::array<unsigned char, 20>;
  static Sum sum(Bytes bytes) {
    Sum out{};
    EVP_Digest(bytes.data(), bytes.size(), out.data(), nullptr, EVP_sha1(), nullptr);
    return out;
  }
  Sum sum_{};
};

void add_set(const storage::Set& set, Digest& digest) {
  set.visit([&digest](const storage::PackedElement& member) {
    IntegerText scratch;
    digest.add_unordered(member.text(scratch));
    return true;
  });
}

void add_list(const storage::List& list, Digest& digest) {
  list.visit(storage::ListEnd::front, 0, list.size(), [&](const storage::PackedElement& element) {
    IntegerText scratch;
    digest.add(element.text(scratch));
    return true;
  });
}

void add_sorted_set(const storage::SortedSet& set, Digest& digest) {
  set.visit(0, set.size(), storage::Direction::ascending, [&digest](Bytes member, double score) {
    Digest element;
    element.add(member);
    element.add(to_text(score));
    digest.add_unordered(element.view());
  });
}

void add_hash(const storage::Hash& hash, Digest& digest) {
  hash.visit_with_ends([&digest](const storage::PackedElement& field,
                                 const storage::PackedElement& value, int64_t ends_ms) {
    IntegerText scratch;
    Digest element;
    element.add(field.text(scratch));
    element.add(value.text(scratch));
    if (ends_ms != storage::kForever) element.add_unordered("!!hexpire!!");
    digest.add_unordered(element.view());
    return true;
  });
}

// Entries only: neither groups nor what else a stream remembers.
void add_stream(const storage::Stream& stream, Digest& digest) {
  const auto add_element = [&digest](const storage::PackedElement& element) {
    IntegerText scratch;
    digest.add(element.text(scratch));
  };
  for (auto entry = stream.first(); entry; entry.next()) {
    digest.add(fmt::format("{}.{}", entry.id().ms, entry.id().seq));
    entry.each([&](const storage::PackedElement& field, const storage::PackedElement& value) {
      add_element(field);
      add_element(value);
    });
  }
}

// Redis counts modules between hashes and streams.
uint32_t type_number(storage::ValueType type) {
  return static_cast<uint32_t>(type) + (type == storage::ValueType::stream ? 1 : 0);
}

// The value with its type and whether it expires, on top of what `digest` holds.
void add_value(const Entry& entry, Digest& digest) {
  digest.add_number(type_number(entry.type()));
  IntegerText scratch;
  switch (entry.type()) {
    case storage::ValueType::string:
      digest.add(entry.text(scratch));
      break;
    case storage::ValueType::list:
      add_list(*static_cast<const storage::List*>(entry.object()), digest);
      break;
    case storage::ValueType::set:
      add_set(*static_cast<const storage::Set*>(entry.object()), digest);
      break;
    case storage::ValueType::zset:
      add_sorted_set(*static_cast<const storage::SortedSet*>(entry.object()), digest);
      break;
    case storage::ValueType::hash:
      add_hash(*static_cast<const storage::Hash*>(entry.object()), digest);
      break;
    case storage::ValueType::stream:
      add_stream(*static_cast<const storage::Stream*>(entry.object()), digest);
      break;
  }
  if (entry.has_expiry()) digest.add_unordered("!!expire!!");
}

// The bytes that a value takes up in a snapshot.
size_t serialized_length(const Context& ctx, const Entry& entry) {
  storage::rdb::Writer writer(compression(ctx.settings()));
  storage::rdb::write_value(writer, entry);
  return writer.bytes().size();
}

}  // namespace

Reply debug_digest(Context& ctx, ArgReader&) {
  Digest all;
  for (uint16_t db = 0; db < ctx.settings().databases; ++db) {
    bool empty = true;
    for (const CoreId core : ctx.all_cores()) {
      empty = empty && ctx.data(core).keyspace.database(DbIndex(db)).empty();
    }
    if (empty) continue;
    all.add_number(db);
    for (const CoreId core : ctx.all_cores()) {
      const storage::Database& database = ctx.data(core).keyspace.database(DbIndex(db));
      (void)database.scan(0, std::numeric_limits<size_t>::max(), [&all](const Entry& entry) {
        Digest one;
        one.add(entry.key());
        add_value(entry, one);
        all.add_unordered(one.view());
      });
    }
  }
  return Reply::status_copy(all.hex());
}

Reply debug_digest_value(Context& ctx, ArgReader& args) {
  std::vector<Reply> digests;
  for (const Bytes key : args.rest()) {
    Digest digest;
    const Entry* entry = ctx.database(key).peek(ctx.hashed(key));
    if (entry != nullptr) add_value(*entry, digest);
    digests.push_back(Reply::status_copy(digest.hex()));
  }
  return Reply::array(std::move(digests));
}

Reply debug_object(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  if (args.failed()) return args.error();
  const Entry* entry = ctx.database(key).peek_at_all(ctx.hashed(key));
  if (entry == nullptr) return Reply::error("ERR no such key");
  const int64_t now = ctx.now_ms() / 1000;
  return Reply::status_copy(fmt::format(
      "Value at:{} refcount:1 encoding:{} serializedlength:{} lru:{} lru_seconds_idle:{}",
      static_cast<const void*>(entry), encoding_name(ctx.settings(), *entry),
      serialized_length(ctx, *entry), int64_t{entry->access_seconds()} & kLruClockMask,
      std::max<int64_t>(0, now - entry->access_seconds())));
}

// Keys prefix:0, prefix:1 ..., where they are absent, with values value:0, value:1 ..., cut or
// padded with zeros to a size where one is given.
Reply debug_populate(Context& ctx, ArgReader& args) {
  constexpr Bytes kOutOfRange = "ERR value is out of range, must be positive";
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  const int64_t count = args.next_integer(0, kMax, kOutOfRange);
  const Bytes prefix = args.empty() ? Bytes("key") : args.next();
  const int64_t size = args.empty() ? -1 : args.next_integer(0, kMax, kOutOfRange);
  if (args.failed()) return args.error();
  if (size > static_cast<int64_t>(ctx.settings().proto_max_bulk_len)) {
    return Reply::error(std::string(kOutOfRange));
  }

  for (int64_t i = 0; i < count; ++i) {
    const std::string key = fmt::format("{}:{}", prefix, i);
    std::string value = fmt::format("value:{}", i);
    if (size >= 0) value.resize(static_cast<size_t>(size), '\0');
    const storage::HashedKey hashed = storage::hash_key(key);
    storage::Database& database = ctx.database(key);
    if (database.peek(hashed) == nullptr) database.set_string(hashed, value);
  }
  return Reply::ok();
}

Reply debug_htstats(Context& ctx, ArgReader& args) {
  const int64_t index = args.next_integer();
  if (args.failed()) return args.error();
  if (index < 0 || index >= ctx.settings().databases) {
    return Reply::error("ERR Out of range database");
  }
  std::string text = "[Dictionary HT]\n";
  for (const CoreId core : ctx.all_cores()) {
    const storage::Database& database =
        ctx.data(core).keyspace.database(DbIndex(static_cast<uint16_t>(index)));
    text += fmt::format(
        "Hash table {} stats (core {}):\n number of elements: {}\n with a time to live: {}\n bytes "
        "of the table: {}\n",
        core.value(), core.value(), database.size(), database.expiring(), database.table_bytes());
  }
  return Reply::verbatim("txt", text);
}

}  // namespace tidemark::server
