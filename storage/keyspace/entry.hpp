#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>

#include "storage/base/bytes.hpp"
#include "storage/base/number.hpp"
#include "storage/keyspace/text_buffer.hpp"
#include "storage/table/table.hpp"
#include "storage/value/value_type.hpp"

namespace tidemark::storage {

struct EntryDeleter;
class Entry;
using EntryOwner = std::unique_ptr<Entry, EntryDeleter>;

// A key and its value in one allocation. The block is exactly as large as its contents, rounded up
// by the allocator, so the entry need not remember its size:
//
//   offset 0   tag: type (3 bits), form (2), has expiry (1), has a long key (1), edited (1)
//          1   length of the key, unless long
//          2   length of an embedded text (15 bits), whether a snapshot has it (1, past_keys.hpp)
//          4   seconds of the last access, since the epoch (32 bits)
//          8   [expiry: milliseconds since the epoch, 64 bits]
//              [length of a long key, 32 bits]
//              key
//              value: integer (8 bytes) | embedded text | address of a text buffer (8) | address of
//              an object (8)
//
// A 16-byte key with a 16-byte value is 40 bytes: one block of 48; with an expiry just so.
//
// Functions that may change the size return where the entry is now: the old address is dead, and
// the caller puts the new one into the slot. Nothing here knows of tables, hooks or books.
class Entry {
 public:
  // Texts up to this length lie in the entry: one cache miss and no second header. Longer ones have
  // a buffer with room to grow.
  static constexpr size_t kEmbeddedMax = 1024;
  static constexpr size_t kTextMax = TextBuffer::kLengthMax;
  static constexpr size_t kKeyMax = size_t{512} << 20;

  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

  // Text that spells an int64 canonically is kept as the integer. REQUIRES: lengths within the
  // limits.
  static EntryOwner make_string(Bytes key, Bytes text);
  static EntryOwner make_integer(Bytes key, int64_t value);
  // Takes the object over.
  static EntryOwner make_object(Bytes key, ValueType type, void* object);
  // The same value (an object is copied) and expiry under another key.
  EntryOwner copy(Bytes key) const;
  // The same value, moved, and expiry under another key.
  static EntryOwner rename(EntryOwner entry, Bytes key);
  // Frees the value, too.
  static void destroy(Entry* entry);
  // Frees the entry but not its object, which is the caller's now. REQUIRES: is_object().
  static void* release_object(Entry* entry);
  // Whether freeing the value takes long because it is a huge text: that goes in slices.
  bool has_slow_text() const { return form() == Form::buffer && buffer()->frees_slowly(); }
  // Takes the text out, which is the caller's now; the value is empty. REQUIRES: has_slow_text().
  [[nodiscard]] static Entry* take_text(Entry* entry, TextBuffer*& text);

  Bytes key() const { return {key_begin(), key_length()}; }
  bool has_key(Bytes key) const {
    // Keys of 8 to 32 bytes, nearly all there are, are compared here: calling memcmp costs more
    // than the comparison itself.
    const size_t length = key.size();
    if (length != key_length()) return false;
    const char* mine = key_begin();
    const char* other = key.data();
    if (length < 8 || length > 32) return Bytes(mine, length) == key;
    uint64_t difference = word_difference(mine + length - 8, other + length - 8);
    for (size_t at = 0; at + 8 < length; at += 8)
      difference |= word_difference(mine + at, other + at);
    return difference == 0;
  }
  ValueType type() const { return static_cast<ValueType>(tag_ & kTypeMask); }
  // As OBJECT ENCODING answers.
  Bytes encoding_name() const;

  bool has_expiry() const { return (tag_ & kExpiryBit) != 0; }
  // Milliseconds since the epoch. REQUIRES: has_expiry().
  int64_t expire_at_ms() const { return load<int64_t>(bytes() + kHeaderBytes); }
  bool expired(int64_t now_ms) const { return has_expiry() && expire_at_ms() <= now_ms; }
  [[nodiscard]] static Entry* set_expiry(Entry* entry, std::optional<int64_t> expire_at_ms);

  // See past_keys.hpp. Survives what becomes of the entry in its place.
  bool told() const { return told_ != 0; }
  void set_told(bool told) { told_ = told ? 1 : 0; }

  uint32_t access_seconds() const { return access_seconds_; }
  // Writes only when the second has changed, so that most hits leave the line clean.
  void set_access_seconds(uint32_t seconds) {
    if (access_seconds_ != seconds) access_seconds_ = seconds;
  }

  // Strings. REQUIRES for all of them: type() is string.
  bool is_integer() const { return form() == Form::integer; }
  int64_t integer() const { return load<int64_t>(value_begin()); }
  size_t text_length() const;
  // The string's bytes; an integer is written into `scratch`. Valid until the entry changes.
  Bytes text(IntegerText& scratch) const;
  // Replace the value, keeping key and expiry.
  // REQUIRES: `text` does not lie in this entry, unless it is in a buffer of its own.
  [[nodiscard]] static Entry* set_text(Entry* entry, Bytes text);
  [[nodiscard]] static Entry* set_integer(Entry* entry, int64_t value);
  // Makes the value a text of `length` bytes in place: kept up to the shorter length, zeros beyond.
  // OBJECT ENCODING says "raw" from now on. The bytes are then writable through mutable_text().
  // Growth is amortized.
  [[nodiscard]] static Entry* resize_text(Entry* entry, size_t length);
  char* mutable_text();

  // Objects. REQUIRES: is_object().
  bool is_object() const { return form() == Form::object; }
  void* object() const { return load<void*>(value_begin()); }

  // What this entry has allocated, its value included.
  size_t memory_bytes() const;

 private:
  enum class Form : uint8_t { integer, embedded, buffer, object };

  static constexpr size_t kHeaderBytes = 8;
  static constexpr uint8_t kTypeMask = 0x07;
  static constexpr uint8_t kFormShift = 3;
  static constexpr uint8_t kFormMask = 0x18;
  static constexpr uint8_t kExpiryBit = 0x20;
  static constexpr uint8_t kLongKeyBit = 0x40;
  static constexpr uint8_t kEditedBit = 0x80;

  template <typename T>
  static T load(const char* from) {
    T value;
    std::memcpy(&value, from, sizeof(T));
    return value;
  }
  template <typename T>
  static void store(char* to, T value) {
    std::memcpy(to, &value, sizeof(T));
  }

  static uint64_t word_difference(const char* one, const char* other) {
    return load<uint64_t>(one) ^ load<uint64_t>(other);
  }

  const char* bytes() const { return reinterpret_cast<const char*>(this); }
  char* bytes() { return reinterpret_cast<char*>(this); }
  Form form() const { return static_cast<Form>((tag_ & kFormMask) >> kFormShift); }
  size_t expiry_bytes() const { return has_expiry() ? sizeof(int64_t) : 0; }
  bool has_long_key() const { return (tag_ & kLongKeyBit) != 0; }
  size_t key_length() const {
    return has_long_key() ? load<uint32_t>(bytes() + kHeaderBytes + expiry_bytes()) : key_length_;
  }
  const char* key_begin() const {
    return bytes() + kHeaderBytes + expiry_bytes() + (has_long_key() ? sizeof(uint32_t) : 0);
  }
  size_t value_offset() const { return static_cast<size_t>(key_begin() - bytes()) + key_length(); }
  const char* value_begin() const { return bytes() + value_offset(); }
  char* value_begin() { return bytes() + value_offset(); }
  size_t value_bytes() const { return form() == Form::embedded ? embedded_length_ : 8; }
  size_t contents_bytes() const { return value_offset() + value_bytes(); }
  TextBuffer* buffer() const { return load<TextBuffer*>(value_begin()); }

  static Entry* allocate(Bytes key, ValueType type, Form form, size_t value_bytes);
  static Entry* fit(Entry* entry, size_t old_size, size_t new_size);
  static Entry* reshape(Entry* entry, Form form, size_t value_bytes);
  static Entry* spell_out(Entry* entry);
  void set_form(Form form) {
    tag_ = static_cast<uint8_t>((tag_ & ~kFormMask) | (static_cast<unsigned>(form) << kFormShift));
  }
  void set_embedded_length(size_t length) {
    embedded_length_ = static_cast<uint16_t>(length) & 0x7fffU;
  }
  EntryOwner copy_shell(Bytes key) const;

  uint8_t tag_;
  uint8_t key_length_;
  uint16_t embedded_length_ : 15;
  uint16_t told_ : 1;
  uint32_t access_seconds_;
};
static_assert(sizeof(Entry) == 8);
static_assert(Entry::kEmbeddedMax < 1U << 15U);  // its length has 15 bits

struct EntryDeleter {
  void operator()(Entry* entry) const { Entry::destroy(entry); }
};

// An entry in a table is looked up by its key's bytes; the slot's mark says "has expiry".
struct EntryTraits {
  using Entry = storage::Entry;
  using Key = Bytes;
  static bool equal(const Entry& entry, const Bytes& key) { return entry.has_key(key); }
  static uint64_t hash(const Entry& entry);
};
using EntryTable = Table<EntryTraits>;

}  // namespace tidemark::storage
