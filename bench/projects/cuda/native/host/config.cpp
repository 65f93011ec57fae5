#include <regex>
#include <sstream>
#include <stdexcept>

#include "api.hpp"

namespace bench {

std::map<std::string, Section> parse_config(const std::string& text) {
    static const std::regex nothing(R"(\s*([;#].*)?)");
    static const std::regex header(R"(\s*\[\s*([\w.-]+)\s*\]\s*)");
    static const std::regex entry(R"re(\s*([\w.-]+)\s*=\s*("([^"]*)"|[^;#]*?)\s*([;#].*)?)re");
    static const std::regex reference(R"(\$\{([\w.-]+)\})");

    std::map<std::string, Section> sections;
    std::string current;
    std::istringstream lines(text);
    std::size_t number = 0;
    for (std::string line; std::getline(lines, line);) {
        ++number;
        std::smatch found;
        if (std::regex_match(line, nothing)) {
            continue;
        }
        if (std::regex_match(line, found, header)) {
            current = found[1];
            sections[current];
        } else if (std::regex_match(line, found, entry)) {
            const std::string value = found[3].matched ? found[3] : found[2];
            std::string expanded;
            auto rest = value.cbegin();
            for (std::sregex_iterator i(value.begin(), value.end(), reference), end; i != end;
                 ++i) {
                expanded.append(rest, (*i)[0].first);
                expanded += sections[current].at((*i)[1]);
                rest = (*i)[0].second;
            }
            expanded.append(rest, value.cend());
            sections[current][found[1]] = expanded;
        } else {
            throw std::invalid_argument("line " + std::to_string(number) + ": " + line);
        }
    }
    return sections;
}

}  // namespace bench
