#include <iomanip>
#include <regex>
#include <sstream>
#include <stdexcept>

#include "api.hpp"

namespace bench {
namespace {

std::string formatted(const std::string& value, const std::string& format) {
    static const std::regex parts(R"((<|>)?(\d+)?(\.(\d+))?(f|e|s)?)");
    std::smatch found;
    if (!std::regex_match(format, found, parts)) {
        throw std::invalid_argument("no format: " + format);
    }
    std::ostringstream stream;
    stream << (found[1] == "<" ? std::left : std::right);
    if (found[2].matched) {
        stream << std::setw(std::stoi(found[2]));
    }
    if (found[5] == "f" || found[5] == "e") {
        stream << (found[5] == "f" ? std::fixed : std::scientific)
               << std::setprecision(found[4].matched ? std::stoi(found[4]) : 6) << std::stod(value);
    } else {
        stream << value;
    }
    return stream.str();
}

std::string filled(const std::string& text, const Row& row) {
    static const std::regex field(R"(\{(\w+)(:([^}]*))?\})");
    std::string result;
    auto rest = text.cbegin();
    for (std::sregex_iterator i(text.begin(), text.end(), field), end; i != end; ++i) {
        result.append(rest, (*i)[0].first);
        result += formatted(row.at((*i)[1]), (*i)[3]);
        rest = (*i)[0].second;
    }
    return result.append(rest, text.cend());
}

}  // namespace

std::string render(const std::string& text, const std::vector<Row>& rows) {
    static const std::regex loop(R"(# for\n([^]*?)# end\n)");
    std::string result;
    auto rest = text.cbegin();
    for (std::sregex_iterator i(text.begin(), text.end(), loop), end; i != end; ++i) {
        result.append(rest, (*i)[0].first);
        for (const Row& row : rows) {
            result += filled((*i)[1], row);
        }
        rest = (*i)[0].second;
    }
    result.append(rest, text.cend());
    return std::regex_replace(result, std::regex(R"([ \t]+(\n|$))"), "$1");
}

}  // namespace bench
