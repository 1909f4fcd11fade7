// SORT and SORT_RO: the elements of a list, a set or a sorted set in an order that these do not
// keep, or what keys named after them hold.
//
// Keys that patterns lead to are not named by the call, and may lie anywhere: a call with a pattern
// runs with all cores stopped. One without runs as any other command does.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/encode.hpp"
#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/command/key_finder.hpp"
#include "server/commands/elements_reply.hpp"
#include "server/commands/families.hpp"
#include "server/commands/list_value.hpp"
#include "server/commands/sort_items.hpp"
#include "server/commands/sort_pattern.hpp"
#include "server/errors.hpp"
#include "storage/base/letter_case.hpp"

namespace tidemark::server {

namespace {

using storage::Entry;
using storage::List;
using storage::ValueType;

enum class Variant : uint8_t { may_store, read_only };

struct SortOptions {
  Bytes key;
  SortOrder order = SortOrder::ascending;
  bool alphabetic = false;
  // False after BY something without a place for the element.
  bool sorted = true;
  int64_t offset = 0;
  int64_t count = -1;
  std::optional<SortPattern> by;
  std::vector<SortPattern> gets;
  std::optional<Bytes> destination;
};

SortOptions read_options(ArgReader& args, Variant variant) {
  SortOptions options{.key = args.next()};
  while (!args.empty() && !args.failed()) {
    if (args.accept("asc")) {
      options.order = SortOrder::ascending;
    } else if (args.accept("desc")) {
      options.order = SortOrder::descending;
    } else if (args.accept("alpha")) {
      options.alphabetic = true;
    } else if (args.accept_with("limit", 2)) {
      options.offset = args.next_integer();
      options.count = args.next_integer();
    } else if (variant == Variant::may_store && args.accept_with("store", 1)) {
      options.destination = args.next();
    } else if (args.accept_with("by", 1)) {
      options.by.emplace(args.next());
      if (!options.by->has_place()) options.sorted = false;
    } else if (args.accept_with("get", 1)) {
      options.gets.emplace_back(args.next());
    } else {
      args.fail_syntax();
    }
  }
  return options;
}

bool can_be_sorted(ValueType type) {
  return type == ValueType::list || type == ValueType::set || type == ValueType::zset;
}

// Finds what each is sorted by. False where something that has to be a number is none.
bool look_up(const Context& ctx, const SortOptions& options, std::vector<SortItem>& items) {
  std::string scratch;
  for (SortItem& item : items) {
    IntegerText digits;
    std::optional<Bytes> text = item.element.text(digits);
    if (options.by) text = options.by->find(ctx, *text, scratch);
    if (!text) continue;
    if (options.alphabetic) {
      if (options.by) item.text = std::string(*text);
      continue;
    }
    const auto score = sort_score(*text);
    if (!score) return false;
    item.score = *score;
  }
  return true;
}

void sort_items(const SortOptions& options, const SortWindow& window,
                std::vector<SortItem>& items) {
  if (!options.alphabetic) {
    sort_by_score(items, options.order, window);
  } else if (options.by) {
    sort_by_found_text(items, options.order);
  } else {
    sort_by_element(items, options.order, window);
  }
}

// The elements that are to be answered, in their order. None where something is no number.
std::optional<std::vector<SortItem>> sorted_items(const Context& ctx, const SortOptions& options,
                                                  const Entry& entry) {
  const size_t size = storage::object_functions(entry.type()).size(entry.object());
  const SortWindow window = sort_window(size, options.offset, options.count);
  if (!options.sorted) return items_in(entry, options.order, window);
  std::vector<SortItem> items = items_of(entry);
  if (!look_up(ctx, options, items)) return std::nullopt;
  sort_items(options, window, items);
  items.erase(items.begin() + static_cast<std::ptrdiff_t>(window.last), items.end());
  items.erase(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(window.first));
  return items;
}

// Calls add(text) for everything that the call is to answer: elements, or what the patterns after
// GET lead to, which may be nothing.
template <typename Add>
void collect(const Context& ctx, const SortOptions& options, const std::vector<SortItem>& items,
             Add&& add) {
  std::string scratch;
  for (const SortItem& item : items) {
    IntegerText digits;
    const Bytes element = item.element.text(digits);
    if (options.gets.empty() && !add(std::optional(element))) return;
    for (const SortPattern& pattern : options.gets) {
      const auto text =
          pattern.is_element() ? std::optional(element) : pattern.find(ctx, element, scratch);
      if (!add(text)) return;
    }
  }
}

Reply answer(const Context& ctx, const SortOptions& options, const std::vector<SortItem>& items) {
  protocol::Output out;
  const size_t each = std::max<size_t>(options.gets.size(), 1);
  protocol::write_array_header(out, items.size() * each);
  collect(ctx, options, items, [&](const std::optional<Bytes>& text) {
    if (text) {
      protocol::write_bulk(out, *text);
    } else {
      protocol::write_null(out, ctx.session().resp);
    }
    return !ctx.is_past_reply_limit(out.size());
  });
  return Reply::encoded(std::move(out));
}

struct ListDeleter {
  void operator()(List* list) const { storage::object_functions(List::kType).destroy(list); }
};

// Puts it into a list, in place of whatever is at the destination; of nothing comes no list.
Reply store(Context& ctx, const SortOptions& options, const std::vector<SortItem>& items) {
  const Bytes destination = *options.destination;
  std::unique_ptr<List, ListDeleter> list(storage::make_object<List>());
  bool fits = true;
  collect(ctx, options, items, [&](const std::optional<Bytes>& text) {
    fits = !text || text->size() <= List::kElementBytesMax;
    if (fits) list->push(storage::ListEnd::back, text.value_or(Bytes()), list_limits(ctx));
    return fits;
  });
  if (!fits) return Reply::error("ERR Element too large");
  const auto count = static_cast<int64_t>(list->size());
  if (count == 0) {
    ctx.database(destination).unlink(ctx.hashed(destination));
  } else {
    ctx.database(destination).set_object(ctx.hashed(destination), list.release());
  }
  return Reply::integer(count);
}

Reply run_sort(Context& ctx, ArgReader& args, Variant variant) {
  SortOptions options = read_options(args, variant);
  if (args.failed()) return args.error();

  const Entry* const entry = ctx.find_to_read(options.key);
  if (entry != nullptr && !can_be_sorted(entry->type())) return error_reply(Errc::wrong_type);
  // A set has no order of its own: what is kept, and what a script sees, is not left to chance.
  const bool lasts = options.destination || !ctx.session().may_wait;
  if (!options.sorted && lasts && entry != nullptr && entry->type() == ValueType::set) {
    options.sorted = options.alphabetic = true;
    options.by.reset();
  }
  std::optional<std::vector<SortItem>> items{std::in_place};
  if (entry != nullptr) items = sorted_items(ctx, options, *entry);
  if (!items) return Reply::error("ERR One or more scores can't be converted into double");
  return options.destination ? store(ctx, options, *items) : answer(ctx, options, *items);
}

// Calls visit(word, position of its first value) for the options that have values, as the command
// itself reads them.
template <typename Visit>
void for_each_valued_option(std::span<const Bytes> args, Visit&& visit) {
  for (size_t at = 2; at < args.size(); ++at) {
    size_t values = 0;
    for (const Bytes word : {"by", "get", "store"}) values += equals_nocase(args[at], word) ? 1 : 0;
    if (equals_nocase(args[at], "limit")) values = 2;
    if (values == 0 || at + values >= args.size()) continue;
    visit(args[at], at + 1);
    at += values;
  }
}

// Whether anything is looked up. "#" and what has no place for the element are not.
bool has_patterns(std::span<const Bytes> args) {
  bool found = false;
  for_each_valued_option(args, [&](Bytes word, size_t value) {
    const bool is_pattern = equals_nocase(word, "by") || equals_nocase(word, "get");
    found = found || (is_pattern && SortPattern(args[value]).has_place());
  });
  return found;
}

// The last of several destinations is the one that counts.
bool keys_of_sort(std::span<const Bytes> args, FoundKeys& found) {
  found.add(1, Access::read);
  size_t destination = 0;
  for_each_valued_option(args, [&](Bytes word, size_t value) {
    if (equals_nocase(word, "store")) destination = value;
  });
  if (destination > 0) found.add(destination, Access::overwrite);
  return true;
}

Reply sort(Context& ctx, ArgReader& args) { return run_sort(ctx, args, Variant::may_store); }

constexpr Command kSort{
    .name = "sort",
    .summary =
        "Returns or stores the elements of a list, a set or a sorted set in order, or what keys "
        "named after them hold.",
    .since = "1.0.0",
    .complexity =
        "O(N+M*log(M)), N being the elements to sort and M those returned; O(N) where nothing is "
        "sorted",
    .group = Group::generic,
    .arity = at_least(2),
    .flags = Flag::write | Flag::deny_oom,
    .categories = Category::set | Category::sorted_set | Category::list | Category::dangerous,
    .event = "sortstore",
    .keys = {key_at(1, Access::read), unknown_keys(Access::read), unknown_keys(Access::overwrite)},
    .find_keys = keys_of_sort,
    .syntax =
        "key:key [BY by-pattern<pattern>:pattern1] [LIMIT limit:(offset:integer count:integer)] "
        "[GET get-pattern<pattern>:pattern1]... [order:{ASC|DESC}] [sorting=ALPHA] "
        "[STORE destination:key2]",
    .reaches_beyond = has_patterns,
    .run = sort,
};

Reply sort_ro(Context& ctx, ArgReader& args) { return run_sort(ctx, args, Variant::read_only); }

constexpr Command kSortRo{
    .name = "sort_ro",
    .summary =
        "Returns the elements of a list, a set or a sorted set in order, or what keys named after "
        "them hold.",
    .since = "7.0.0",
    .complexity =
        "O(N+M*log(M)), N being the elements to sort and M those returned; O(N) where nothing is "
        "sorted",
    .group = Group::generic,
    .arity = at_least(2),
    .flags = Flag::readonly,
    .categories = Category::set | Category::sorted_set | Category::list | Category::dangerous,
    .keys = {key_at(1, Access::read), unknown_keys(Access::read)},
    .syntax =
        "key:key [BY by-pattern<pattern>:pattern1] [LIMIT limit:(offset:integer count:integer)] "
        "[GET get-pattern<pattern>:pattern1]... [order:{ASC|DESC}] [sorting=ALPHA]",
    .reaches_beyond = has_patterns,
    .run = sort_ro,
};

constexpr Command kCommands[] = {kSort, kSortRo};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> sort_commands() { return kCommands; }

}  // namespace tidemark::server
