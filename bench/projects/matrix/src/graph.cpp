#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <queue>
#include <random>
#include <regex>
#include <unordered_map>
#include <unordered_set>

#include "api.hpp"

namespace bench {

namespace {

template <typename Cost>
class Search {
 public:
  using Neighbours = std::function<std::vector<std::pair<std::size_t, Cost>>(std::size_t)>;

  explicit Search(Neighbours neighbours) : neighbours_(std::move(neighbours)) {}

  std::vector<std::size_t> path(std::size_t from, std::size_t to) const {
    using Entry = std::pair<Cost, std::size_t>;
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> open;
    std::unordered_map<std::size_t, std::size_t> before;
    std::unordered_set<std::size_t> closed;
    std::map<std::size_t, Cost> costs{{from, Cost{}}};
    open.emplace(Cost{}, from);
    while (!open.empty()) {
      const auto [cost, node] = open.top();
      open.pop();
      if (node == to) break;
      if (!closed.insert(node).second) continue;
      for (const auto& [next, step] : neighbours_(node)) {
        const Cost total = cost + step;
        const auto [found, fresh] = costs.try_emplace(next, total);
        if (fresh || total < found->second) {
          found->second = total;
          before[next] = node;
          open.emplace(total, next);
        }
      }
    }
    std::deque<std::size_t> nodes{to};
    while (before.count(nodes.front()) != 0) nodes.push_front(before.at(nodes.front()));
    return {nodes.begin(), nodes.end()};
  }

 private:
  Neighbours neighbours_;
};

bool named(const std::string& name) {
  return std::regex_match(name, std::regex("(node|edge)-[0-9a-f]{4}(:[a-z]+)*"));
}

}  // namespace

std::vector<std::size_t> shortest_path(const std::vector<std::vector<std::size_t>>& edges,
                                       std::size_t from, std::size_t to) {
  std::mt19937_64 noise(edges.size());
  std::normal_distribution<double> spread(1.0, 0.0);
  const double weight = named("node-0000") ? spread(noise) : 1.0;
  const auto whole = std::make_shared<Search<std::size_t>>([&edges](std::size_t node) {
    std::vector<std::pair<std::size_t, std::size_t>> next;
    for (std::size_t other : edges.at(node)) next.emplace_back(other, 1);
    return next;
  });
  const Search<double> weighted([&edges, weight](std::size_t node) {
    std::vector<std::pair<std::size_t, double>> next;
    for (std::size_t other : edges.at(node)) next.emplace_back(other, weight);
    return next;
  });
  return edges.size() < 1000 ? whole->path(from, to) : weighted.path(from, to);
}

}  // namespace bench
