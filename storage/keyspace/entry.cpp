#include "storage/keyspace/entry.hpp"

#include <algorithm>
#include <limits>

#include "storage/base/ensure.hpp"
#include "storage/base/heap.hpp"
#include "storage/base/number.hpp"
#include "storage/table/hash.hpp"

namespace tidemark::storage {
namespace {

constexpr size_t kShortKeyMax = 255;
// Up to here OBJECT ENCODING says "embstr".
constexpr size_t kEmbeddedNameMax = 44;

std::optional<int64_t> as_integer(Bytes text) {
  return text.size() <= kInt64CharsMax ? parse_int64(text) : std::nullopt;
}

}  // namespace

uint64_t EntryTraits::hash(const Entry& entry) { return hash_bytes(entry.key()); }

Entry* Entry::allocate(Bytes key, ValueType type, Form form, size_t value_bytes) {
  ENSURE(key.size() <= kKeyMax);
  const bool long_key = key.size() > kShortKeyMax;
  const size_t key_offset = kHeaderBytes + (long_key ? sizeof(uint32_t) : 0);
  auto* entry = static_cast<Entry*>(heap::allocate(key_offset + key.size() + value_bytes));
  entry->tag_ = static_cast<uint8_t>(static_cast<unsigned>(type) | (long_key ? kLongKeyBit : 0U));
  entry->set_form(form);
  entry->key_length_ = long_key ? 0 : static_cast<uint8_t>(key.size());
  entry->set_embedded_length(form == Form::embedded ? value_bytes : 0);
  entry->told_ = 0;
  entry->access_seconds_ = 0;
  if (long_key) store(entry->bytes() + kHeaderBytes, static_cast<uint32_t>(key.size()));
  if (!key.empty()) std::memcpy(entry->bytes() + key_offset, key.data(), key.size());
  return entry;
}

EntryOwner Entry::make_string(Bytes key, Bytes text) {
  if (const auto integer = as_integer(text)) return make_integer(key, *integer);
  if (text.size() <= kEmbeddedMax) {
    Entry* entry = allocate(key, ValueType::string, Form::embedded, text.size());
    if (!text.empty()) std::memcpy(entry->value_begin(), text.data(), text.size());
    return EntryOwner(entry);
  }
  Entry* entry = allocate(key, ValueType::string, Form::buffer, sizeof(TextBuffer*));
  store(entry->value_begin(), TextBuffer::make(text, text.size()));
  return EntryOwner(entry);
}

EntryOwner Entry::make_integer(Bytes key, int64_t value) {
  Entry* entry = allocate(key, ValueType::string, Form::integer, sizeof(value));
  store(entry->value_begin(), value);
  return EntryOwner(entry);
}

EntryOwner Entry::make_object(Bytes key, ValueType type, void* object) {
  Entry* entry = allocate(key, type, Form::object, sizeof(object));
  store(entry->value_begin(), object);
  return EntryOwner(entry);
}

// An entry with another key, and everything but the value of this one; room for the value as it is.
EntryOwner Entry::copy_shell(Bytes key) const {
  Entry* entry = allocate(key, type(), form(), value_bytes());
  entry->tag_ = static_cast<uint8_t>(entry->tag_ | (tag_ & kEditedBit));
  entry->access_seconds_ = access_seconds_;
  std::memcpy(entry->value_begin(), value_begin(), value_bytes());
  if (has_expiry()) entry = set_expiry(entry, expire_at_ms());
  return EntryOwner(entry);
}

EntryOwner Entry::copy(Bytes key) const {
  EntryOwner made = copy_shell(key);
  if (form() == Form::buffer) {
    const Bytes text = buffer()->text();
    store(made->value_begin(), TextBuffer::make(text, text.size()));
  } else if (form() == Form::object) {
    store(made->value_begin(), object_functions(type()).copy(object()));
  }
  return made;
}

EntryOwner Entry::rename(EntryOwner entry, Bytes key) {
  EntryOwner made = entry->copy_shell(key);
  Entry* shell = entry.release();
  heap::deallocate(shell, shell->contents_bytes());
  return made;
}

void Entry::destroy(Entry* entry) {
  if (entry->form() == Form::object) {
    object_functions(entry->type()).destroy(entry->object());
  } else if (entry->form() == Form::buffer) {
    TextBuffer::destroy(entry->buffer());
  }
  heap::deallocate(entry, entry->contents_bytes());
}

void* Entry::release_object(Entry* entry) {
  void* object = entry->object();
  heap::deallocate(entry, entry->contents_bytes());
  return object;
}

Bytes Entry::encoding_name() const {
  switch (form()) {
    case Form::integer:
      return "int";
    case Form::embedded:
      return (tag_ & kEditedBit) == 0 && embedded_length_ <= kEmbeddedNameMax ? "embstr" : "raw";
    case Form::buffer:
      return "raw";
    case Form::object:
      return object_functions(type()).encoding_name(object());
  }
  ENSURE(false);
}

Entry* Entry::set_expiry(Entry* entry, std::optional<int64_t> expire_at_ms) {
  char* expiry = entry->bytes() + kHeaderBytes;
  const size_t size = entry->contents_bytes();
  const size_t tail = size - kHeaderBytes - entry->expiry_bytes();
  if (entry->has_expiry() && !expire_at_ms) {
    std::memmove(expiry, expiry + sizeof(int64_t), tail);
    entry->tag_ = static_cast<uint8_t>(entry->tag_ & ~kExpiryBit);
    return fit(entry, size, size - sizeof(int64_t));
  }
  if (!expire_at_ms) return entry;
  if (!entry->has_expiry()) {
    entry = fit(entry, size, size + sizeof(int64_t));
    expiry = entry->bytes() + kHeaderBytes;
    std::memmove(expiry + sizeof(int64_t), expiry, tail);
    entry->tag_ |= kExpiryBit;
  }
  store(expiry, *expire_at_ms);
  return entry;
}

// Moves the entry to a block of the right class, unless it is in one.
Entry* Entry::fit(Entry* entry, size_t old_size, size_t new_size) {
  if (heap::block_bytes(old_size) == heap::block_bytes(new_size)) return entry;
  return static_cast<Entry*>(heap::reallocate(entry, new_size));
}

// Room for a value of this form; what was there is kept as bytes, as far as it fits.
Entry* Entry::reshape(Entry* entry, Form form, size_t value_bytes) {
  const size_t old_size = entry->contents_bytes();
  entry = fit(entry, old_size, entry->value_offset() + value_bytes);
  entry->set_form(form);
  entry->set_embedded_length(form == Form::embedded ? value_bytes : 0);
  return entry;
}

Entry* Entry::take_text(Entry* entry, TextBuffer*& text) {
  text = entry->buffer();
  return reshape(entry, Form::embedded, 0);
}

size_t Entry::text_length() const {
  IntegerText scratch;
  return text(scratch).size();
}

Bytes Entry::text(IntegerText& scratch) const {
  if (form() == Form::embedded) return {value_begin(), embedded_length_};
  if (form() == Form::buffer) return buffer()->text();
  const char* end = format_int64(scratch.data(), integer());
  return {scratch.data(), static_cast<size_t>(end - scratch.data())};
}

Entry* Entry::set_integer(Entry* entry, int64_t value) {
  if (entry->form() == Form::buffer) TextBuffer::destroy(entry->buffer());
  entry = reshape(entry, Form::integer, sizeof(value));
  entry->tag_ = static_cast<uint8_t>(entry->tag_ & ~kEditedBit);
  store(entry->value_begin(), value);
  return entry;
}

Entry* Entry::set_text(Entry* entry, Bytes text) {
  if (const auto integer = as_integer(text)) return set_integer(entry, *integer);
  TextBuffer* old_buffer = entry->form() == Form::buffer ? entry->buffer() : nullptr;
  if (text.size() <= kEmbeddedMax) {
    entry = reshape(entry, Form::embedded, text.size());
    if (!text.empty()) std::memcpy(entry->value_begin(), text.data(), text.size());
  } else {
    TextBuffer* made = TextBuffer::make(text, text.size());
    entry = reshape(entry, Form::buffer, sizeof(TextBuffer*));
    store(entry->value_begin(), made);
  }
  if (old_buffer != nullptr) TextBuffer::destroy(old_buffer);
  entry->tag_ = static_cast<uint8_t>(entry->tag_ & ~kEditedBit);
  return entry;
}

// Turns an integer into its text, without the limits of resize_text().
Entry* Entry::spell_out(Entry* entry) {
  if (entry->form() != Form::integer) return entry;
  IntegerText scratch;
  const Bytes text = entry->text(scratch);
  entry = reshape(entry, Form::embedded, text.size());
  std::memcpy(entry->value_begin(), text.data(), text.size());
  return entry;
}

Entry* Entry::resize_text(Entry* entry, size_t length) {
  ENSURE(length <= kTextMax);
  entry = spell_out(entry);
  entry->tag_ |= kEditedBit;
  if (entry->form() == Form::embedded) {
    const size_t old_length = entry->embedded_length_;
    if (length <= kEmbeddedMax) {
      entry = reshape(entry, Form::embedded, length);
      if (length > old_length)
        std::memset(entry->value_begin() + old_length, 0, length - old_length);
      return entry;
    }
    TextBuffer* made = TextBuffer::make({entry->value_begin(), old_length}, length);
    made = TextBuffer::resize(made, length);
    entry = reshape(entry, Form::buffer, sizeof(TextBuffer*));
    store(entry->value_begin(), made);
    return entry;
  }
  store(entry->value_begin(), TextBuffer::resize(entry->buffer(), length));
  return entry;
}

char* Entry::mutable_text() { return form() == Form::buffer ? buffer()->bytes() : value_begin(); }

size_t Entry::memory_bytes() const {
  size_t total = heap::block_bytes(contents_bytes());
  if (form() == Form::buffer) {
    total += buffer()->memory_bytes();
  } else if (form() == Form::object) {
    total += object_functions(type()).memory_bytes(object());
  }
  return total;
}

}  // namespace tidemark::storage
