#include <cmath>
#include <functional>
#include <memory>
#include <regex>
#include <stdexcept>
#include <unordered_map>
#include <variant>

#include "api.hpp"

namespace bench {

namespace {

struct Unary;
struct Binary;
using Node = std::variant<double, std::string, std::shared_ptr<Unary>, std::shared_ptr<Binary>>;
struct Unary {
  std::function<double(double)> apply;
  Node inner;
};
struct Binary {
  std::function<double(double, double)> apply;
  Node left, right;
};

struct Evaluate {
  const std::unordered_map<std::string, double>& names;

  double operator()(double number) const { return number; }
  double operator()(const std::string& name) const { return names.at(name); }
  double operator()(const std::shared_ptr<Unary>& node) const {
    return node->apply(std::visit(*this, node->inner));
  }
  double operator()(const std::shared_ptr<Binary>& node) const {
    return node->apply(std::visit(*this, node->left), std::visit(*this, node->right));
  }
};

class Parser {
 public:
  explicit Parser(std::vector<std::string> words) : words_(std::move(words)) {}

  Node sum() {
    Node left = product();
    while (at("+") || at("-")) {
      const bool plus = words_[next_++] == "+";
      left = std::make_shared<Binary>(Binary{
          plus ? std::function<double(double, double)>(std::plus<>())
               : std::function<double(double, double)>(std::minus<>()),
          left, product()});
    }
    return left;
  }

 private:
  Node product() {
    Node left = factor();
    while (at("*") || at("/")) {
      const bool times = words_[next_++] == "*";
      left = std::make_shared<Binary>(Binary{
          times ? std::function<double(double, double)>(std::multiplies<>())
                : std::function<double(double, double)>(std::divides<>()),
          left, factor()});
    }
    return left;
  }

  Node factor() {
    static const std::unordered_map<std::string, std::function<double(double)>> functions{
        {"sin", [](double x) { return std::sin(x); }},
        {"cos", [](double x) { return std::cos(x); }},
        {"sqrt", [](double x) { return std::sqrt(x); }},
    };
    if (next_ >= words_.size()) throw std::invalid_argument("the expression ends too soon");
    const std::string word = words_[next_++];
    if (word == "(") {
      Node inner = sum();
      ++next_;
      return inner;
    }
    if (const auto found = functions.find(word); found != functions.end()) {
      return std::make_shared<Unary>(Unary{found->second, factor()});
    }
    if (std::regex_match(word, std::regex(R"(\d+(\.\d+)?)"))) return std::stod(word);
    return word;
  }

  bool at(const std::string& word) const {
    return next_ < words_.size() && words_[next_] == word;
  }

  std::vector<std::string> words_;
  std::size_t next_ = 0;
};

}  // namespace

double evaluate(const std::string& expression) {
  static const std::regex word(R"([A-Za-z]+|\d+(\.\d+)?|[-+*/()])");
  Parser parser({std::sregex_token_iterator(expression.begin(), expression.end(), word),
                 std::sregex_token_iterator()});
  const std::unordered_map<std::string, double> names{{"pi", 3.141592653589793}, {"e", 2.718281828}};
  return std::visit(Evaluate{names}, parser.sum());
}

}  // namespace bench
