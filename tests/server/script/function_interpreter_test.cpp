#include "server/script/function_interpreter.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/server/script/sandbox.hpp"

using namespace tidemark;
using namespace tidemark::server::script;
using tidemark::test::FakeHost;

namespace {

// Libraries for tests, each by the name "lib".
class Libraries {
 public:
  // What is wrong, or the names of the functions.
  std::string load(const std::string& code, Bytes library = "lib") {
    std::vector<FunctionFacts> functions;
    if (auto error = interpreter_.load(library, "\n" + code, host_, functions)) return *error;
    std::string names;
    for (const FunctionFacts& facts : functions) names += facts.name + " ";
    loaded_ = functions;
    return names;
  }
  std::string call(Bytes function, Bytes library = "lib") {
    protocol::Output reply;
    interpreter_.call(library, function, {.keys = {}, .args = {}, .reply_bytes_max = 100'000},
                      host_, reply);
    std::string line;
    for (const char c : reply.view()) {
      if (c != '\r') line += c == '\n' ? ' ' : c;
    }
    line.pop_back();
    return line;
  }
  const FunctionFacts& facts() const { return loaded_.front(); }
  FakeHost& host() { return host_; }
  FunctionInterpreter& interpreter() { return interpreter_; }

 private:
  FunctionInterpreter interpreter_{{.memory_limit = size_t{64} << 20, .seed = 1}};
  FakeHost host_;
  std::vector<FunctionFacts> loaded_;
};

std::string registering(const std::string& why) {
  return "ERR Error registering functions: ERR " + why;
}

}  // namespace

TEST_CASE("a library registers functions, which share what it keeps to itself") {
  Libraries lua;
  CHECK(
      lua.load("local n = 0 "
               "redis.register_function('up', function() n = n + 1 return n end) "
               "redis.register_function{function_name = 'get', callback = function() return n end,"
               " description = 'd', flags = {'no-writes', 'allow-oom'}}") == "up get ");
  CHECK(lua.call("up") == ":1");
  CHECK(lua.call("up") == ":2");
  CHECK(lua.call("get") == ":2");
  CHECK(lua.load("redis.register_function{function_name = 'f', callback = function() end,"
                 " description = 'd', flags = {'no-writes', 'allow-oom'}}") == "f ");
  CHECK(lua.facts().description == "d");
  CHECK(lua.facts().flags == (ScriptFlag::no_writes | ScriptFlag::allow_oom));
}

TEST_CASE("a library that fails to load leaves the one before it as it was") {
  Libraries lua;
  lua.load("redis.register_function('f', function() return 1 end)");
  CHECK(lua.load("redis.register_function('f', function() return 2 end) x = 1") ==
        registering("user_function:2: Attempt to modify a readonly table"));
  CHECK(lua.load("return {") ==
        "ERR Error compiling function: user_function:2: unexpected symbol near '<eof>'");
  CHECK(lua.load("return 1") == "ERR No functions registered");
  CHECK(lua.call("f") == ":1");
}

TEST_CASE("while it is loaded a library sees register_function() and little else") {
  Libraries lua;
  for (const std::string name :
       {"string", "math", "pairs", "_G", "KEYS", "getmetatable", "error"}) {
    CAPTURE(name);
    CHECK(lua.load("return " + name) ==
          registering("user_function:2: Script attempted to access nonexistent global variable '" +
                      name + "'"));
  }
  for (const std::string name : {"call", "pcall", "setresp", "sha1hex", "math", "redis"}) {
    CAPTURE(name);
    CHECK(lua.load("return redis." + name) ==
          registering("user_function:2: Script attempted to access nonexistent global variable '" +
                      name + "'"));
  }
  CHECK(lua.load("redis.x = 1") ==
        registering("user_function:2: Attempt to modify a readonly table"));
  CHECK(lua.load("local v = redis.REDIS_VERSION_NUM "
                 "redis.register_function('f', function() return v end)") == "f ");
  CHECK(lua.load("redis.log(redis.LOG_NOTICE, 'loaded')") == "ERR No functions registered");
  CHECK(lua.host().logged.back() == "2 loaded");
}

TEST_CASE("a function sees what every script sees, and registers nothing") {
  Libraries lua;
  lua.load(
      "local lib = redis "
      "redis.register_function('a', function() return {type(string), type(redis.call)} end) "
      "redis.register_function('b', function() redis.register_function('x', type) end) "
      "redis.register_function('c', function() lib.register_function('x', type) end) "
      "redis.register_function('d', function() lib.redis = redis end) "
      "redis.register_function('e', function() x = 1 end) "
      "redis.register_function('f', function() return KEYS end)");
  const auto error = [](const std::string& text, const std::string& function) {
    return "-ERR " + text + " script: " + function + ", on @user_function:2.";
  };
  CHECK(lua.call("a") == "*2 $5 table $8 function");
  CHECK(lua.call("b") ==
        error("user_function:2: attempt to call field 'register_function' (a nil value)", "b"));
  CHECK(lua.call("c") ==
        error("redis.register_function can only be called on FUNCTION LOAD command", "c"));
  CHECK(lua.call("d") == error("user_function:2: Attempt to modify a readonly table", "d"));
  CHECK(lua.call("e") == error("user_function:2: Attempt to modify a readonly table", "e"));
  CHECK(
      lua.call("f") ==
      error("user_function:2: Script attempted to access nonexistent global variable 'KEYS'", "f"));
}

TEST_CASE("what is wrong with a registration is said in Redis's words") {
  Libraries lua;
  const auto error = [&lua](const std::string& args) {
    return lua.load("redis.register_function" + args);
  };
  const std::string callback = "callback = function() end";
  CHECK(error("()") == registering("wrong number of arguments to redis.register_function"));
  CHECK(error("('f')") ==
        registering("calling redis.register_function with a single argument is only applicable to "
                    "Lua table (representing named arguments)."));
  CHECK(error("('f', 1)") ==
        registering("second argument to redis.register_function must be a function"));
  CHECK(error("(nil, function() end)") ==
        registering("first argument to redis.register_function must be a string"));
  CHECK(error("('f', function() end, {})") ==
        registering("wrong number of arguments to redis.register_function"));
  for (const std::string name : {"''", "'a b'", "'a\\0b'", "'é'"}) {
    CAPTURE(name);
    CHECK(error("(" + name + ", function() end)") == registering(std::string(kFunctionNameError)));
  }
  CHECK(error("{}") == registering("redis.register_function must get a function name argument"));
  CHECK(error("{function_name = 'f'}") ==
        registering("redis.register_function must get a callback argument"));
  CHECK(error("{function_name = {}, " + callback + "}") ==
        registering("function_name argument given to redis.register_function must be a string"));
  CHECK(error("{function_name = 'f', callback = 1}") ==
        registering("callback argument given to redis.register_function must be a function"));
  CHECK(error("{function_name = 'f', description = {}, " + callback + "}") ==
        registering("description argument given to redis.register_function must be a string"));
  CHECK(error("{function_name = 'f', flags = 'x', " + callback + "}") ==
        registering("flags argument to redis.register_function must be a table representing "
                    "function flags"));
  CHECK(error("{function_name = 'f', flags = {'x'}, " + callback + "}") ==
        registering("unknown flag given"));
  CHECK(error("{function_name = 'f', flags = {1}, " + callback + "}") ==
        registering("unknown flag given"));
  CHECK(error("{function_name = 'f', x = 1, " + callback + "}") ==
        registering("unknown argument given to redis.register_function"));
  CHECK(error("('f', function() end) redis.register_function('f', function() end)") ==
        registering("Function already exists in the library"));
  CHECK(error("(1, function() end)") == "1 ");
}

TEST_CASE("a library that does not end is stopped") {
  Libraries lua;
  lua.host().patience = 3;
  CHECK(lua.load("while true do end") == registering("stopped"));
  lua.host().patience = 1000;
  CHECK(lua.load("redis.register_function('f', function() return 1 end)") == "f ");
}

TEST_CASE("the first line of a library names it") {
  const LibraryHead head = read_library_head("#!LUA name=my_lib\ncode");
  CHECK(head.error == "");
  CHECK(head.name == "my_lib");
  CHECK(head.code == "\ncode");
  CHECK(read_library_head("#!lua NAME=\"a\"\n").name == "a");
}

TEST_CASE("what is wrong with a library's first line is said in Redis's words") {
  const auto error = [](Bytes code) { return read_library_head(code).error; };
  CHECK(error("") == "ERR Missing library metadata");
  CHECK(error("x") == "ERR Missing library metadata");
  CHECK(error("#!lua") == "ERR Invalid library metadata");
  CHECK(error("#!lua name=\"a\n") == "ERR Invalid library metadata");
  CHECK(error("#!lua\n") == "ERR Library name was not given");
  CHECK(error("#!\n") == "ERR Library name was not given");
  CHECK(error("#!lua name=\n") == "ERR " + std::string(kFunctionNameError));
  CHECK(error("#!lua name=a-b\n") == "ERR " + std::string(kFunctionNameError));
  CHECK(error("#!lua name=a name=b\n") ==
        "ERR Invalid metadata value, name argument was given multiple times");
  CHECK(error("#!lua name=a x=b\n") == "ERR Invalid metadata value given: x=b");
  CHECK(error("#! name=a\n") == "ERR Engine '' not found");
  CHECK(error("#!bad name=a\n") == "ERR Engine 'bad' not found");
}
