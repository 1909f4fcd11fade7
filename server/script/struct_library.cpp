// The library `struct`: numbers and strings as bytes, by a format.
//
//   > <     big and little endian, little at first       !n   aligns to n bytes at most, 8 without
//   n b B h H l L T   integers of 1, 2, 8 and 8 bytes      in In   of n bytes, 4 without n f d
//   floating point                               x    a zero s       a string up to a zero cn   n
//   bytes, 1 without n; c0: all of them blanks  mean nothing

#include <algorithm>
#include <bit>
#include <cctype>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>

#include "server/script/bounded_text.hpp"
#include "server/script/libraries.hpp"

namespace tidemark::server::script {

namespace {

constexpr size_t kIntegerBytesMax = 32;
constexpr size_t kAlignMax = 8;

// An item of a format.
struct Item {
  char option;
  size_t size;
};

// Goes through a format, which ends at its first zero.
class Format {
 public:
  Format(lua_State* lua, Bytes text) : lua_(lua), text_(text.substr(0, text.find('\0'))) {}

  bool empty() const { return at_ == text_.size(); }
  Item next() {
    const char option = text_[at_++];
    return {.option = option, .size = size_of(option)};
  }
  // Of what is no data: how the rest is to be read.
  void set(char option) {
    switch (option) {
      case ' ':
        return;
      case '>':
        big_endian_ = true;
        return;
      case '<':
        big_endian_ = false;
        return;
      case '!':
        return set_align();
      default:
        lua_pushfstring(lua_, "invalid format option '%c'", option);
        luaL_argerror(lua_, 1, lua_tostring(lua_, -1));
    }
  }
  bool big_endian() const { return big_endian_; }
  // What has to go before an item that would begin at `position`.
  size_t padding(const Item& item, size_t position) const {
    if (item.size == 0 || item.option == 'c') return 0;
    const size_t align = std::min(item.size, align_);
    return align <= 1 ? 0 : (align - (position & (align - 1))) & (align - 1);
  }

 private:
  size_t number_or(size_t otherwise) {
    if (empty() || std::isdigit(static_cast<unsigned char>(text_[at_])) == 0) return otherwise;
    size_t number = 0;
    while (!empty() && std::isdigit(static_cast<unsigned char>(text_[at_])) != 0) {
      number = number * 10 + static_cast<size_t>(text_[at_++] - '0');
      if (number > static_cast<size_t>(std::numeric_limits<int>::max())) {
        luaL_error(lua_, "integral size overflow");
      }
    }
    return number;
  }
  size_t size_of(char option) {
    switch (option) {
      case 'b':
      case 'B':
      case 'x':
        return 1;
      case 'h':
      case 'H':
        return 2;
      case 'f':
        return sizeof(float);
      case 'l':
      case 'L':
      case 'T':
      case 'd':
        return 8;
      case 'c':
        return number_or(1);
      case 'i':
      case 'I':
        return integer_size();
      default:
        return 0;
    }
  }
  size_t integer_size() {
    const size_t size = number_or(sizeof(int));
    if (size > kIntegerBytesMax) {
      luaL_error(lua_, "integral size %d is larger than limit of %d", static_cast<int>(size),
                 static_cast<int>(kIntegerBytesMax));
    }
    return size;
  }
  void set_align() {
    align_ = number_or(kAlignMax);
    if (!std::has_single_bit(align_)) {
      luaL_error(lua_, "alignment %d is not a power of 2", static_cast<int>(align_));
    }
  }

  lua_State* lua_;
  Bytes text_;
  size_t at_ = 0;
  bool big_endian_ = false;
  size_t align_ = 1;
};

bool is_signed(char option) {
  return option == 'b' || option == 'h' || option == 'l' || option == 'i';
}

// ---- To bytes.

// Modulo 2^64, towards zero.
uint64_t to_word(lua_Number number) {
  constexpr lua_Number kTop = 18446744073709551616.0;  // 2^64
  if (number < 0) {
    return static_cast<uint64_t>(
        static_cast<int64_t>(std::max(number, static_cast<lua_Number>(INT64_MIN))));
  }
  return number < kTop ? static_cast<uint64_t>(number) : 0;
}

void append_word(uint64_t word, size_t size, bool big_endian, BoundedText& text) {
  char bytes[kIntegerBytesMax];
  for (size_t i = 0; i < size; ++i) {
    bytes[big_endian ? size - 1 - i : i] = static_cast<char>(word & 0xffU);
    word >>= 8U;
  }
  text.append({bytes, size});
}

template <typename Real>
uint64_t bits_of(Real real) {
  uint64_t bits = 0;
  std::memcpy(&bits, &real, sizeof real);
  return bits;
}

// Appends the bytes of what argument `argument` is.
void pack_string(lua_State* lua, const Item& item, int argument, BoundedText& text) {
  Bytes bytes = check_bytes(lua, argument);
  if (item.option == 's') {
    text.append(bytes);
    return text.append('\0');
  }
  const size_t size = item.size == 0 ? bytes.size() : item.size;
  luaL_argcheck(lua, bytes.size() >= size, argument + 1, "string too short");
  text.append(bytes.substr(0, size));
}

int pack(lua_State* lua) {
  Format format(lua, check_bytes(lua, 1));
  // What is missing is nil.
  lua_pushnil(lua);
  BoundedText text(lua);
  int argument = 2;
  while (!format.empty()) {
    const Item item = format.next();
    text.append_zeros(format.padding(item, text.size()));
    switch (item.option) {
      case 'b':
      case 'B':
      case 'h':
      case 'H':
      case 'l':
      case 'L':
      case 'T':
      case 'i':
      case 'I':
        append_word(to_word(luaL_checknumber(lua, argument++)), item.size, format.big_endian(),
                    text);
        break;
      case 'f':
        append_word(bits_of(static_cast<float>(luaL_checknumber(lua, argument++))), item.size,
                    format.big_endian(), text);
        break;
      case 'd':
        append_word(bits_of(luaL_checknumber(lua, argument++)), item.size, format.big_endian(),
                    text);
        break;
      case 'x':
        text.append('\0');
        break;
      case 'c':
      case 's':
        pack_string(lua, item, argument++, text);
        break;
      default:
        format.set(item.option);
    }
  }
  push(lua, text.view());
  return 1;
}

// ---- From bytes.

uint64_t read_word(Bytes bytes, bool big_endian) {
  uint64_t word = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    const char byte = bytes[big_endian ? i : bytes.size() - 1 - i];
    word = (word << 8U) | static_cast<unsigned char>(byte);
  }
  return word;
}

lua_Number to_number(const Item& item, Bytes bytes, bool big_endian) {
  const uint64_t word = read_word(bytes, big_endian);
  if (item.option == 'f') return std::bit_cast<float>(static_cast<uint32_t>(word));
  if (item.option == 'd') return std::bit_cast<double>(word);
  if (!is_signed(item.option)) return static_cast<lua_Number>(word);
  const size_t unused = bytes.empty() || bytes.size() >= 8 ? 0 : 64 - 8 * bytes.size();
  return static_cast<lua_Number>(static_cast<int64_t>(word << unused) >> unused);
}

// Reads one string after the other from data.
class Unpacker {
 public:
  Unpacker(lua_State* lua, Bytes format, Bytes data, size_t position)
      : lua_(lua), format_(lua, format), data_(data), position_(position) {}

  // Pushes what there is, and where it ended; returns how many values that is.
  int run() {
    while (!format_.empty()) read(format_.next());
    lua_pushnumber(lua_, static_cast<lua_Number>(position_) + 1);
    return pushed_ + 1;
  }

 private:
  Bytes take(size_t size) {
    const bool is_there = position_ <= data_.size() && size <= data_.size() - position_;
    luaL_argcheck(lua_, is_there, 2, "data string too short");
    const Bytes bytes = data_.substr(position_, size);
    position_ += size;
    return bytes;
  }

  void read(const Item& item) {
    luaL_checkstack(lua_, 2, "too many results");
    (void)take(format_.padding(item, position_));
    switch (item.option) {
      case 'b':
      case 'B':
      case 'h':
      case 'H':
      case 'l':
      case 'L':
      case 'T':
      case 'i':
      case 'I':
      case 'f':
      case 'd':
        lua_pushnumber(lua_, to_number(item, take(item.size), format_.big_endian()));
        break;
      case 'x':
        (void)take(1);
        return;
      case 'c':
        read_string(item.size);
        break;
      case 's':
        read_terminated();
        break;
      default:
        return format_.set(item.option);
    }
    ++pushed_;
  }

  void read_string(size_t size) {
    if (size == 0) size = take_size();
    push(lua_, take(size));
  }
  // The number before a string of that size, which is not returned itself.
  size_t take_size() {
    if (pushed_ == 0 || lua_type(lua_, -1) != LUA_TNUMBER) {
      luaL_error(lua_, "format 'c0' needs a previous size");
    }
    const lua_Number size = lua_tonumber(lua_, -1);
    lua_pop(lua_, 1);
    --pushed_;
    return size >= 0 && size <= static_cast<lua_Number>(data_.size()) ? static_cast<size_t>(size)
                                                                      : data_.size() + 1;
  }
  void read_terminated() {
    const size_t begin = std::min(position_, data_.size());
    const size_t end = data_.find('\0', begin);
    if (end == Bytes::npos) luaL_error(lua_, "unfinished string in data");
    push(lua_, data_.substr(begin, end - begin));
    position_ = end + 1;
  }

  lua_State* lua_;
  Format format_;
  Bytes data_;
  size_t position_;
  int pushed_ = 0;
};

int unpack(lua_State* lua) {
  const Bytes format = check_bytes(lua, 1);
  const Bytes data = check_bytes(lua, 2);
  const lua_Number from = luaL_optnumber(lua, 3, 1);
  luaL_argcheck(lua, from >= 1 || from < 0, 3, "offset must be 1 or greater");
  // Before the first byte is as far away as behind the last one.
  const bool is_near = from >= 1 && from <= static_cast<lua_Number>(data.size());
  Unpacker unpacker(lua, format, data, is_near ? static_cast<size_t>(from) - 1 : data.size());
  return unpacker.run();
}

int size(lua_State* lua) {
  Format format(lua, check_bytes(lua, 1));
  size_t total = 0;
  while (!format.empty()) {
    const Item item = format.next();
    total += format.padding(item, total);
    if (item.option == 's') luaL_argerror(lua, 1, "option 's' has no fixed size");
    if (item.option == 'c' && item.size == 0) {
      luaL_argerror(lua, 1, "option 'c0' has no fixed size");
    }
    if (std::isalnum(static_cast<unsigned char>(item.option)) == 0) format.set(item.option);
    total += item.size;
  }
  lua_pushnumber(lua, static_cast<lua_Number>(total));
  return 1;
}

constexpr Function kFunctions[] = {{"pack", pack}, {"unpack", unpack}, {"size", size}};

}  // namespace

void push_struct_library(lua_State* lua) {
  lua_newtable(lua);
  set_functions(lua, kFunctions);
}

}  // namespace tidemark::server::script
