// The library `bit`: operations on numbers as words of 32 bits, as Lua BitOp has them.

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "server/script/libraries.hpp"

namespace tidemark::server::script {

namespace {

// The word that a number is, modulo 2^32 and rounded to even. Adding 2^52 + 2^51 brings the digits
// before the point to the lower end of the double's fraction.
uint32_t word_at(lua_State* lua, int index) {
  constexpr double kShift = 6755399441055744.0;
  return static_cast<uint32_t>(std::bit_cast<uint64_t>(luaL_checknumber(lua, index) + kShift));
}

int push_word(lua_State* lua, uint32_t word) {
  lua_pushnumber(lua, static_cast<int32_t>(word));
  return 1;
}

int tobit(lua_State* lua) { return push_word(lua, word_at(lua, 1)); }

int bnot(lua_State* lua) { return push_word(lua, ~word_at(lua, 1)); }

int bswap(lua_State* lua) { return push_word(lua, __builtin_bswap32(word_at(lua, 1))); }

template <typename Combine>
int fold(lua_State* lua, Combine combine) {
  uint32_t word = word_at(lua, 1);
  for (int i = lua_gettop(lua); i > 1; --i) word = combine(word, word_at(lua, i));
  return push_word(lua, word);
}

int band(lua_State* lua) {
  return fold(lua, [](uint32_t a, uint32_t b) { return a & b; });
}
int bor(lua_State* lua) {
  return fold(lua, [](uint32_t a, uint32_t b) { return a | b; });
}
int bxor(lua_State* lua) {
  return fold(lua, [](uint32_t a, uint32_t b) { return a ^ b; });
}

template <typename Shift>
int shift(lua_State* lua, Shift by) {
  const uint32_t word = word_at(lua, 1);
  return push_word(lua, by(word, static_cast<int>(word_at(lua, 2) & 31U)));
}

int lshift(lua_State* lua) {
  return shift(lua, [](uint32_t word, int by) { return word << by; });
}
int rshift(lua_State* lua) {
  return shift(lua, [](uint32_t word, int by) { return word >> by; });
}
int arshift(lua_State* lua) {
  return shift(lua, [](uint32_t word, int by) {
    return static_cast<uint32_t>(static_cast<int32_t>(word) >> by);
  });
}
int rol(lua_State* lua) {
  return shift(lua, [](uint32_t word, int by) { return std::rotl(word, by); });
}
int ror(lua_State* lua) {
  return shift(lua, [](uint32_t word, int by) { return std::rotr(word, by); });
}

// The lowest digits, as many as the second argument says; in capitals where it is negative.
int tohex(lua_State* lua) {
  constexpr size_t kDigits = 8;
  uint32_t word = word_at(lua, 1);
  const auto wanted =
      lua_isnone(lua, 2) ? int64_t{kDigits} : int64_t{static_cast<int32_t>(word_at(lua, 2))};
  const char* const digits = wanted < 0 ? "0123456789ABCDEF" : "0123456789abcdef";
  const auto count = static_cast<size_t>(std::min<int64_t>(wanted < 0 ? -wanted : wanted, kDigits));
  std::array<char, kDigits> text;
  for (size_t i = count; i > 0; --i) {
    text[i - 1] = digits[word & 15U];
    word >>= 4;
  }
  push(lua, {text.data(), count});
  return 1;
}

constexpr Function kFunctions[] = {{"arshift", arshift}, {"band", band},   {"bnot", bnot},
                                   {"bor", bor},         {"bswap", bswap}, {"bxor", bxor},
                                   {"lshift", lshift},   {"rol", rol},     {"ror", ror},
                                   {"rshift", rshift},   {"tobit", tobit}, {"tohex", tohex}};

}  // namespace

void push_bit_library(lua_State* lua) {
  lua_newtable(lua);
  set_functions(lua, kFunctions);
}

}  // namespace tidemark::server::script
