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

struct Node;
using Child = std::unique_ptr<Node>;

struct Number {
    double value;
};
struct Variable {
    std::string name;
};
struct Call {
    std::function<double(double)> function;
    Child argument;
};
struct Operation {
    char symbol;
    Child left, right;
};
struct Node : std::variant<Number, Variable, Call, Operation> {
    using variant::variant;
};

const std::unordered_map<std::string, std::function<double(double)>>& functions() {
    static const std::unordered_map<std::string, std::function<double(double)>> known = {
        {"sin", [](double x) { return std::sin(x); }},
        {"cos", [](double x) { return std::cos(x); }},
        {"exp", [](double x) { return std::exp(x); }},
        {"log", [](double x) { return std::log(x); }},
        {"sqrt", [](double x) { return std::sqrt(x); }},
        {"abs", [](double x) { return std::abs(x); }},
    };
    return known;
}

std::vector<std::string> tokens(const std::string& text) {
    static const std::regex token(R"(\s*(\d+\.?\d*([eE][-+]?\d+)?|[A-Za-z_]\w*|[-+*/^()]))");
    std::vector<std::string> result;
    auto at = text.cbegin();
    for (std::smatch found; std::regex_search(at, text.cend(), found, token,
                                              std::regex_constants::match_continuous);) {
        result.push_back(found[1]);
        at = found[0].second;
    }
    if (std::string(at, text.cend()).find_first_not_of(" \t") != std::string::npos) {
        throw std::invalid_argument("cannot read " + std::string(at, text.cend()));
    }
    return result;
}

class Parser {
  public:
    explicit Parser(const std::string& text) : tokens_(tokens(text)) {}

    Child all() {
        Child result = sum();
        if (at_ != tokens_.size()) {
            throw std::invalid_argument("unexpected " + tokens_[at_]);
        }
        return result;
    }

  private:
    std::string peek() const { return at_ < tokens_.size() ? tokens_[at_] : ""; }
    bool accept(const char* token) { return peek() == token && ++at_; }

    Child chain(Child (Parser::*part)(), const char* first, const char* second) {
        Child result = (this->*part)();
        for (std::string symbol = peek(); symbol == first || symbol == second; symbol = peek()) {
            ++at_;
            result =
                std::make_unique<Node>(Operation{symbol[0], std::move(result), (this->*part)()});
        }
        return result;
    }
    Child sum() { return chain(&Parser::product, "+", "-"); }
    Child product() { return chain(&Parser::sign, "*", "/"); }
    Child sign() {
        if (accept("-")) {
            return std::make_unique<Node>(
                Operation{'-', std::make_unique<Node>(Number{0}), sign()});
        }
        return power();
    }
    Child power() {
        Child base = atom();
        if (accept("^")) {
            return std::make_unique<Node>(Operation{'^', std::move(base), sign()});
        }
        return base;
    }
    Child atom() {
        const std::string token = peek();
        ++at_;
        if (token == "(") {
            Child inner = sum();
            if (!accept(")")) {
                throw std::invalid_argument("a bracket is not closed");
            }
            return inner;
        }
        if (const auto known = functions().find(token); known != functions().end()) {
            return std::make_unique<Node>(Call{known->second, atom()});
        }
        if (!token.empty() && std::isdigit(static_cast<unsigned char>(token[0]))) {
            return std::make_unique<Node>(Number{std::stod(token)});
        }
        if (token.empty() || std::string("+-*/^()").find(token) != std::string::npos) {
            throw std::invalid_argument("a value is missing");
        }
        return std::make_unique<Node>(Variable{token});
    }

    std::vector<std::string> tokens_;
    std::size_t at_ = 0;
};

struct Evaluation {
    const Variables& variables;

    double operator()(const Node& node) const {
        return std::visit(*this, static_cast<const Node::variant&>(node));
    }
    double operator()(const Number& number) const { return number.value; }
    double operator()(const Variable& variable) const { return variables.at(variable.name); }
    double operator()(const Call& call) const { return call.function((*this)(*call.argument)); }
    double operator()(const Operation& operation) const {
        const double left = (*this)(*operation.left);
        const double right = (*this)(*operation.right);
        switch (operation.symbol) {
            case '+':
                return left + right;
            case '-':
                return left - right;
            case '*':
                return left * right;
            case '/':
                return left / right;
            default:
                return std::pow(left, right);
        }
    }
};

}  // namespace

double evaluate(const std::string& formula, const Variables& variables) {
    return Evaluation{variables}(*Parser(formula).all());
}

}  // namespace bench
