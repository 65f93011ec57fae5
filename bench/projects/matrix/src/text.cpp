#include <algorithm>
#include <cctype>
#include <regex>

#include "api.hpp"

namespace bench {

std::vector<std::string> tokens(const std::string& text) {
  static const std::regex word(R"(([A-Za-z_]\w*)|(\d+(\.\d+)?([eE][-+]?\d+)?)|([-+*/()=<>!]+))");
  return {std::sregex_token_iterator(text.begin(), text.end(), word), std::sregex_token_iterator()};
}

std::map<std::string, std::size_t> word_counts(const std::string& text) {
  std::map<std::string, std::size_t> counts;
  for (std::string word : tokens(text)) {
    std::transform(word.begin(), word.end(), word.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    ++counts[std::regex_replace(word, std::regex("_+"), "_")];
  }
  return counts;
}

}  // namespace bench
