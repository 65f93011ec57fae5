#include <algorithm>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <tuple>
#include <variant>

#include "api.hpp"

namespace bench {
namespace {

using Key = std::variant<double, std::string>;  // numbers come before texts

Key key_of(const std::string& field) {
    static const std::regex number(R"(\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*)");
    if (std::regex_match(field, number)) {
        return std::stod(field);
    }
    return field;
}

std::vector<std::string> fields(const std::string& line) {
    static const std::regex field(R"re((^|,)("(([^"]|"")*)"|[^,]*))re");
    static const std::regex twice(R"re("")re");
    std::vector<std::string> result;
    for (std::sregex_iterator i(line.begin(), line.end(), field), end; i != end; ++i) {
        const auto& match = *i;
        result.push_back(match[3].matched ? std::regex_replace(match[3].str(), twice, "\"")
                                          : match[2].str());
    }
    return result;
}

}  // namespace

std::vector<std::vector<std::string>> sorted_table(const std::string& text, int column) {
    std::vector<std::tuple<Key, std::vector<std::string>>> rows;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        std::vector<std::string> row = fields(line);
        Key key = key_of(row.at(static_cast<std::size_t>(column)));
        rows.emplace_back(std::move(key), std::move(row));
    }
    std::stable_sort(rows.begin(), rows.end(),
                     [](const auto& a, const auto& b) { return std::get<0>(a) < std::get<0>(b); });
    std::vector<std::vector<std::string>> result;
    std::transform(rows.begin(), rows.end(), std::back_inserter(result),
                   [](auto& row) { return std::move(std::get<1>(row)); });
    return result;
}

}  // namespace bench
