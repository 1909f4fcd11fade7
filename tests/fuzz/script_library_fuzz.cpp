#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "server/script/interpreter.hpp"
#include "storage/base/ensure.hpp"

// What the libraries of scripts read from strangers. The first byte chooses a library, the second
// where the rest is cut in two. What was understood means the same when it is written and read
// again, and replacing what matches by itself changes nothing.

using namespace tidemark::server::script;
using tidemark::Bytes;

namespace {

constexpr const char* kScript = R"(
local kind, one, other = ARGV[1], ARGV[2], ARGV[3]
local function written_again(read, write, text)
  local good, value = pcall(read, text)
  if not good then return end
  local first
  good, first = pcall(write, value)
  if not good then return end
  -- The first time, what is nested too deep becomes nil, which an array then has no more.
  local second = write(read(first))
  assert(#write(read(second)) == #second)
end
if kind == 'json' then
  written_again(cjson.decode, cjson.encode, one .. other)
elseif kind == 'msgpack' then
  written_again(cmsgpack.unpack, cmsgpack.pack, one .. other)
elseif kind == 'struct' then
  pcall(struct.unpack, one, other)
  pcall(struct.size, one)
  pcall(struct.pack, one, other, 1, -1, 1e300, other)
else
  local good, same = pcall(string.gsub, other, one, '%0')
  assert(not good or same == other)
  pcall(string.find, other, one)
end
return 'fine'
)";

// Around a script that calls nothing, and has only so much time.
class PatientHost final : public Host {
 public:
  bool call(std::span<const Bytes>, tidemark::protocol::RespVersion,
            tidemark::protocol::Output&) override {
    ENSURE(false);
    return false;
  }
  std::optional<bool> may_call(std::span<const Bytes>) override { return std::nullopt; }
  void log(LogLevel, Bytes) override {}
  std::optional<Bytes> reason_to_stop() override {
    if (--patience_ > 0) return std::nullopt;
    return "stopped";
  }
  bool is_patient() const { return patience_ > 0; }

 private:
  int patience_ = 100;
};

}  // namespace

// The name is libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {  // NOLINT
  static Interpreter* const interpreter = [] {
    auto* const made = new Interpreter({.memory_limit = size_t{64} << 20, .seed = 1});
    ENSURE(!made->compile("script", kScript));
    return made;
  }();
  if (size < 2) return 0;
  constexpr std::array<Bytes, 4> kKinds{"json", "msgpack", "struct", "pattern"};
  const Bytes rest(reinterpret_cast<const char*>(data + 2), size - 2);
  const size_t cut = rest.empty() ? 0 : data[1] % (rest.size() + 1);
  const std::array<Bytes, 3> args{kKinds[data[0] % kKinds.size()], rest.substr(0, cut),
                                  rest.substr(cut)};
  PatientHost host;
  tidemark::protocol::Output reply;
  interpreter->run("script", {.keys = {}, .args = args, .reply_bytes_max = 1000}, host, reply);
  ENSURE(!host.is_patient() || reply.view() == "$4\r\nfine\r\n");
  return 0;
}
