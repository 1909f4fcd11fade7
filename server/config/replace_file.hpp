#pragma once

#include <string>
#include <string_view>

namespace tidemark::server {

// Reads all of a file. A file that does not exist is empty. False with the system's reason
// otherwise.
bool read_whole_file(const std::string& path, std::string& text, std::string& error);

// Makes `text` the whole content of the file, atomically and durably: a temporary file beside it is
// written and synced, and renamed over it, and the directory is synced. A symbolic link stays one;
// the permissions stay. False with the system's reason, the old file untouched and no file left
// over.
bool replace_file(const std::string& path, std::string_view text, std::string& error);

}  // namespace tidemark::server
