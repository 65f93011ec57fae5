#include <chrono>
#include <iomanip>
#include <locale>
#include <memory>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <unordered_map>
#include <variant>

#include "api.hpp"

namespace bench {

namespace {

struct Fixed {
  int month, day;
};
struct Relative {
  int month, weekday, count;
};
struct Named {
  std::string text;
};
using Holiday = std::variant<Fixed, Relative, Named>;

int days_before(int year, int month, int day) {
  static const int before[] = {0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4};
  year -= month < 3;
  return (year + year / 4 - year / 100 + year / 400 + before[month - 1] + day) % 7;
}

Holiday parse(const std::string& text) {
  std::smatch found;
  if (std::regex_match(text, found, std::regex(R"((\d{1,2})-(\d{1,2}))")))
    return Fixed{std::stoi(found[1]), std::stoi(found[2])};
  if (std::regex_match(text, found, std::regex(R"((\d{1,2})/(\d)#(\d))")))
    return Relative{std::stoi(found[1]), std::stoi(found[2]), std::stoi(found[3])};
  return Named{text};
}

std::string show(const Holiday& holiday, int year) {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  std::visit(
      [&](const auto& rule) {
        using Rule = std::decay_t<decltype(rule)>;
        if constexpr (std::is_same_v<Rule, Fixed>) {
          out << std::setfill('0') << year << '-' << std::setw(2) << rule.month << '-'
              << std::setw(2) << rule.day;
        } else if constexpr (std::is_same_v<Rule, Relative>) {
          out << year << ':' << rule.month << ':' << rule.weekday << '*' << rule.count;
        } else {
          out << std::quoted(rule.text);
        }
      },
      holiday);
  return out.str();
}

}  // namespace

std::string weekday(int year, int month, int day) {
  static const std::unordered_map<int, std::string> names{
      {0, "Sunday"}, {1, "Monday"}, {2, "Tuesday"}, {3, "Wednesday"},
      {4, "Thursday"}, {5, "Friday"}, {6, "Saturday"}};
  if (month < 1 || month > 12) throw std::invalid_argument("month");
  const Holiday holiday = parse(std::to_string(month) + "-" + std::to_string(day));
  return names.at(days_before(year, month, day)) + " " + show(holiday, year);
}

}  // namespace bench
