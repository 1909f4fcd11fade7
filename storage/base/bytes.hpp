#pragma once

#include <string_view>

namespace tidemark {

// A view of bytes that somebody else owns. Never assumed to be text or to end in a zero.
using Bytes = std::string_view;

}  // namespace tidemark
