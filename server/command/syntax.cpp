#include "server/command/syntax.hpp"

#include "storage/base/ensure.hpp"
#include "storage/base/letter_case.hpp"

namespace tidemark::server {

namespace {

class TreeBuilder {
 public:
  TreeBuilder() : open_(1) {}

  void begin(const SyntaxItem& item) {
    Argument argument{
        .name = item.name.empty() ? lower_case(*item.token) : std::string(item.name),
        .type = item.type,
        .token = item.token,
        .key_spec = item.key_spec,
        .optional = item.optional,
    };
    argument.display = item.display;
    open_.push_back(std::move(argument));
  }

  void end(Repeat repeat) {
    Argument argument = std::move(open_.back());
    open_.pop_back();
    argument.multiple = repeat != Repeat::no;
    argument.multiple_token = repeat == Repeat::with_token;
    open_.back().arguments.push_back(std::move(argument));
  }

  std::vector<Argument> take() { return std::move(open_.front().arguments); }

 private:
  // The arguments that enclose the current place, outermost first; the first stands for them all.
  std::vector<Argument> open_;
};

}  // namespace

std::vector<Argument> parse_syntax(Bytes syntax) {
  TreeBuilder builder;
  ENSURE(SyntaxWalk<TreeBuilder>(syntax, builder).run());
  return builder.take();
}

Bytes name_of(ArgumentType type) {
  switch (type) {
    case ArgumentType::string:
      return "string";
    case ArgumentType::integer:
      return "integer";
    case ArgumentType::real:
      return "double";
    case ArgumentType::key:
      return "key";
    case ArgumentType::pattern:
      return "pattern";
    case ArgumentType::unix_time:
      return "unix-time";
    case ArgumentType::pure_token:
      return "pure-token";
    case ArgumentType::oneof:
      return "oneof";
    case ArgumentType::block:
      return "block";
  }
  return {};
}

}  // namespace tidemark::server
