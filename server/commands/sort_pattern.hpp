#pragma once

#include <optional>
#include <string>

#include "server/command/context.hpp"
#include "storage/base/bytes.hpp"

namespace tidemark::server {

// What SORT is given after BY and GET: the name of a key, in which the element that is looked up
// takes the place of the first '*'. Behind "->" is the name of a hash's field. Dies with its text.
class SortPattern {
 public:
  explicit SortPattern(Bytes text);

  // "#": the element itself.
  bool is_element() const { return is_element_; }
  // Whether the element has a place in it; without one it names nothing.
  bool has_place() const { return has_place_; }
  // The text that it leads to, owned or kept in `scratch`; none where there is no such key or
  // field, or one that holds something else. REQUIRES: any key is at hand; !is_element().
  std::optional<Bytes> find(const Context& ctx, Bytes element, std::string& scratch) const;

 private:
  Bytes before_;
  Bytes behind_;
  std::optional<Bytes> field_;
  bool is_element_ = false;
  bool has_place_ = false;
};

}  // namespace tidemark::server
