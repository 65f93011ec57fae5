#include <cmath>
#include <regex>
#include <stdexcept>

#include "api.hpp"

namespace bench {
namespace {

struct Unit {
    double factor;
    std::array<int, 5> exponents;  // of m, kg, s, A, K
};

const std::map<std::string, Unit>& units() {
    static const std::map<std::string, Unit> known = {
        {"m", {1, {1}}},
        {"g", {1e-3, {0, 1}}},
        {"s", {1, {0, 0, 1}}},
        {"A", {1, {0, 0, 0, 1}}},
        {"K", {1, {0, 0, 0, 0, 1}}},
        {"min", {60, {0, 0, 1}}},
        {"h", {3600, {0, 0, 1}}},
        {"Hz", {1, {0, 0, -1}}},
        {"N", {1, {1, 1, -2}}},
        {"Pa", {1, {-1, 1, -2}}},
        {"J", {1, {2, 1, -2}}},
        {"W", {1, {2, 1, -3}}},
        {"V", {1, {2, 1, -3, -1}}},
    };
    return known;
}

const std::map<std::string, double>& prefixes() {
    static const std::map<std::string, double> known = {
        {"G", 1e9}, {"M", 1e6}, {"k", 1e3}, {"c", 1e-2}, {"m", 1e-3}, {"u", 1e-6}, {"n", 1e-9},
    };
    return known;
}

Unit unit_of(const std::string& name) {
    if (const auto found = units().find(name); found != units().end()) {
        return found->second;
    }
    const auto prefix = prefixes().find(name.substr(0, 1));
    const auto base = units().find(name.size() > 1 ? name.substr(1) : "");
    if (prefix == prefixes().end() || base == units().end()) {
        throw std::invalid_argument("no unit is called " + name);
    }
    return {base->second.factor * prefix->second, base->second.exponents};
}

}  // namespace

std::array<double, 6> parse_quantity(const std::string& text) {
    static const std::regex whole(
        R"(\s*([-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?)((\s*[*/]?\s*[A-Za-z]+(\^-?\d+)?)*)\s*)");
    static const std::regex factor(R"(\s*([*/]?)\s*([A-Za-z]+)(\^(-?\d+))?)");
    std::smatch found;
    if (!std::regex_match(text, found, whole)) {
        throw std::invalid_argument("no quantity: " + text);
    }
    std::array<double, 6> result = {std::stod(found[1])};
    const std::string product = found[4];
    for (std::sregex_iterator i(product.begin(), product.end(), factor), end; i != end; ++i) {
        const Unit unit = unit_of((*i)[2]);
        const int power = ((*i)[4].matched ? std::stoi((*i)[4]) : 1) * ((*i)[1] == "/" ? -1 : 1);
        result[0] *= std::pow(unit.factor, power);
        for (std::size_t j = 0; j < unit.exponents.size(); ++j) {
            result[j + 1] += unit.exponents[j] * power;
        }
    }
    return result;
}

}  // namespace bench
