#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tidemark::server {

// The words of one line of configuration: separated by blanks; "quoted" with \n \r \t \b \a \xHH,
// and any other byte after a backslash standing for itself; or 'quoted' with \' alone. A closing
// quote ends the word, and a blank or the end must follow. False where that is violated.
bool split_words(std::string_view line, std::vector<std::string>& words);

// `text` in double quotes, with everything but printable ASCII escaped, so that split_words() gives
// it back.
std::string quoted(std::string_view text);

// `text` as one word: as it is where split_words() would leave it alone, else quoted.
std::string as_word(std::string_view text);

}  // namespace tidemark::server
