// The host side: what a simulation reads, plans and reports.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

namespace bench {

using Section = std::map<std::string, std::string>;
using Variables = std::map<std::string, double>;
using Row = std::map<std::string, std::string>;

// Sections of a text in the INI format; keys before the first section are in section "".
std::map<std::string, Section> parse_config(const std::string& text);

// "3.5 km/s^2" in units of the SI: the value, then the exponents of m, kg, s, A, K.
std::array<double, 6> parse_quantity(const std::string& text);

// The value of a formula such as "2 * sin(x) ^ 2 - y".
double evaluate(const std::string& formula, const Variables& variables);

// A template with {name}, {name:8.3f} and lines "# for" to "# end" that are repeated for each row.
std::string render(const std::string& text, const std::vector<Row>& rows);

// Names in an order in which each comes after all that it needs, the first by name first.
std::vector<std::string> plan(const std::map<std::string, std::vector<std::string>>& needs);

// The connected components of a graph of numbered nodes, the largest first.
std::vector<std::vector<int>> components(const std::vector<std::vector<int>>& edges);

// Count, mean, deviation, minimum, quartiles and maximum.
std::vector<double> summarize(const std::vector<double>& values);

// The mean of all values of a group, for rows of comma-separated text "group,value".
Variables group_means(const std::string& text);

// Rows of comma-separated text with quoted fields, ordered by one column: numbers, then texts.
std::vector<std::vector<std::string>> sorted_table(const std::string& text, int column);

}  // namespace bench
