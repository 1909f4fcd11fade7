#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <string_view>
#include <utility>

#include "storage/base/bytes.hpp"
#include "storage/base/heap.hpp"
#include "storage/value/schedule.hpp"

namespace tidemark::storage {

enum class ValueType : uint8_t { string, list, set, zset, hash, stream };
inline constexpr size_t kValueTypeCount = 6;

// As TYPE answers.
Bytes type_name(ValueType type);

// What the keyspace does with values that are objects (everything but strings), without knowing
// their classes.
struct ObjectFunctions {
  void (*destroy)(void* object);
  void* (*copy)(const void* object);
  // All that the object owns, its own block included. O(1).
  size_t (*memory_bytes)(const void* object);
  // As OBJECT ENCODING answers.
  Bytes (*encoding_name)(const void* object);
  // Elements. An object without any is removed when its edit ends.
  size_t (*size)(const void* object);
  // Frees about `budget` elements; false when none is left. For values too big to free at once.
  bool (*free_some)(void* object, size_t budget);
  // Of a type whose values lose parts as time goes by; null for others. The value's schedule, null
  // where it has none, and the removal of about `budget` parts whose time is up.
  Schedule* (*schedule)(void* object) = nullptr;
  Shed (*shed)(void* object, int64_t now_ms, size_t budget) = nullptr;
};

// The functions of a type; REQUIRES: installed.
const ObjectFunctions& object_functions(ValueType type);
// Called at start, before any partition exists; constant from then on.
void install_object_type(ValueType type, const ObjectFunctions& functions);

// How a class of values joins. It provides:
//   static constexpr ValueType kType;
//   size_t size() const;  size_t memory_bytes() const (without sizeof itself, O(1));
//   Bytes encoding_name() const;  bool free_some(size_t budget);  a copy constructor;
// and where its values lose parts as time goes by:
//   Schedule* schedule();  Shed shed(int64_t now_ms, size_t budget);
template <typename T>
constexpr ObjectFunctions object_functions_of() {
  ObjectFunctions functions{
      .destroy =
          [](void* object) {
            static_cast<T*>(object)->~T();
            heap::deallocate(object, sizeof(T));
          },
      .copy = [](const void* object) -> void* {
        return new (heap::allocate(sizeof(T))) T(*static_cast<const T*>(object));
      },
      .memory_bytes =
          [](const void* object) {
            return heap::block_bytes(sizeof(T)) + static_cast<const T*>(object)->memory_bytes();
          },
      .encoding_name =
          [](const void* object) { return static_cast<const T*>(object)->encoding_name(); },
      .size = [](const void* object) { return static_cast<const T*>(object)->size(); },
      .free_some = [](void* object,
                      size_t budget) { return static_cast<T*>(object)->free_some(budget); },
  };
  if constexpr (requires(T value) { value.schedule(); }) {
    functions.schedule = [](void* object) { return static_cast<T*>(object)->schedule(); };
    functions.shed = [](void* object, int64_t now_ms, size_t budget) -> Shed {
      return static_cast<T*>(object)->shed(now_ms, budget);
    };
  }
  return functions;
}

template <typename T, typename... Args>
T* make_object(Args&&... args) {
  return new (heap::allocate(sizeof(T))) T(std::forward<Args>(args)...);
}

}  // namespace tidemark::storage
