#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "server/command/context.hpp"
#include "server/errors.hpp"

// Popping from the first of several keys that holds a collection of one type, or holds one first:
// what lists and sorted sets share.
namespace tidemark::server {

// What pop(ctx, key) returns for the first of the keys that holds a T; none where no key does. An
// error where one before it holds something else.
template <typename T, typename Pop>
std::optional<Reply> pop_first(Context& ctx, std::span<const Bytes> keys, const Pop& pop) {
  for (const Bytes key : keys) {
    const auto value = ctx.database(key).find_as<T>(ctx.hashed(key));
    if (!value) return error_reply(value.error());
    if (*value != nullptr) return pop(ctx, key);
  }
  return std::nullopt;
}

// The same, but waits until one of them does. `pop` owns what it needs.
template <typename T, typename Pop>
Reply pop_or_wait(Context& ctx, std::span<const Bytes> keys, int64_t timeout_ms, Pop pop) {
  if (auto popped = pop_first<T>(ctx, keys, pop)) return std::move(*popped);
  return ctx.wait_for_keys({.keys = keys,
                            .timeout_ms = timeout_ms,
                            .type = T::kType,
                            .serve = std::move(pop),
                            .on_timeout = Reply::null_array});
}

}  // namespace tidemark::server
