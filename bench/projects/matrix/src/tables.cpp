#include <algorithm>
#include <iomanip>
#include <numeric>
#include <optional>
#include <regex>
#include <set>
#include <sstream>
#include <tuple>
#include <unordered_map>
#include <variant>

#include "api.hpp"

namespace bench {

namespace {

using Cell = std::variant<std::int64_t, double, std::string, std::vector<double>>;

std::optional<Cell> parse_cell(const std::string& text) {
  static const std::regex whole(R"([-+]?\d+)"), number(R"([-+]?\d*\.\d+([eE][-+]?\d+)?)");
  if (std::regex_match(text, whole)) return Cell(std::int64_t(std::stoll(text)));
  if (std::regex_match(text, number)) return Cell(std::stod(text));
  if (text.empty()) return std::nullopt;
  return Cell(text);
}

std::string show(const Cell& cell) {
  std::ostringstream out;
  std::visit(
      [&out](const auto& value) {
        using Value = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<Value, std::vector<double>>) {
          for (double item : value) out << std::setprecision(3) << item << ' ';
        } else {
          out << value;
        }
      },
      cell);
  return out.str();
}

}  // namespace

std::map<std::string, double> group_means(const std::vector<std::string>& keys,
                                          const std::vector<double>& values) {
  std::unordered_map<std::string, std::vector<std::tuple<double, std::size_t>>> groups;
  std::set<std::string> seen;
  for (std::size_t i = 0; i < std::min(keys.size(), values.size()); ++i) {
    const std::optional<Cell> cell = parse_cell(keys[i]);
    const std::string key = cell ? show(*cell) : std::string("none");
    seen.insert(key);
    groups[key].emplace_back(values[i], i);
  }
  std::map<std::string, double> means;
  for (const std::string& key : seen) {
    auto& group = groups[key];
    std::stable_sort(group.begin(), group.end());
    const double total = std::accumulate(
        group.begin(), group.end(), 0.0,
        [](double so_far, const auto& entry) { return so_far + std::get<0>(entry); });
    means[key] = total / static_cast<double>(group.size());
  }
  return means;
}

}  // namespace bench
