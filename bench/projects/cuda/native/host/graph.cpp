#include <algorithm>
#include <functional>
#include <numeric>
#include <queue>
#include <regex>
#include <set>
#include <stdexcept>
#include <unordered_map>

#include "api.hpp"

namespace bench {
namespace {

// Whether a name may stand in a plan: words, joined by dots or dashes.
bool is_name(const std::string& text) {
    static const std::regex name(R"([A-Za-z_]\w*([.-]\w+)*)");
    return std::regex_match(text, name);
}

class DisjointSets {
  public:
    int root(int node) {
        auto [entry, is_new] = parents_.try_emplace(node, node);
        if (is_new || entry->second == node) {
            return node;
        }
        const int found = root(entry->second);
        return parents_[node] = found;
    }
    void join(int first, int second) { parents_[root(first)] = root(second); }
    std::vector<int> nodes() const {
        std::vector<int> result;
        for (const auto& [node, parent] : parents_) {
            result.push_back(node);
        }
        std::sort(result.begin(), result.end());
        return result;
    }

  private:
    std::unordered_map<int, int> parents_;
};

}  // namespace

std::vector<std::string> plan(const std::map<std::string, std::vector<std::string>>& needs) {
    std::map<std::string, std::set<std::string>> waiting;
    std::map<std::string, std::set<std::string>> users;
    for (const auto& [name, needed] : needs) {
        if (!is_name(name)) {
            throw std::invalid_argument("no name: " + name);
        }
        waiting[name].insert(needed.begin(), needed.end());
        for (const std::string& other : needed) {
            waiting[other];
            users[other].insert(name);
        }
    }
    std::priority_queue<std::string, std::vector<std::string>, std::greater<>> ready;
    for (const auto& [name, left] : waiting) {
        if (left.empty()) {
            ready.push(name);
        }
    }
    std::vector<std::string> result;
    while (!ready.empty()) {
        result.push_back(ready.top());
        ready.pop();
        for (const std::string& user : users[result.back()]) {
            waiting[user].erase(result.back());
            if (waiting[user].empty()) {
                ready.push(user);
            }
        }
    }
    if (result.size() != waiting.size()) {
        throw std::invalid_argument("some need each other");
    }
    return result;
}

std::vector<std::vector<int>> components(const std::vector<std::vector<int>>& edges) {
    DisjointSets sets;
    for (const std::vector<int>& edge : edges) {
        sets.join(edge.at(0), edge.at(1));
    }
    std::map<int, std::vector<int>> by_root;
    for (const int node : sets.nodes()) {
        by_root[sets.root(node)].push_back(node);
    }
    std::vector<std::vector<int>> result;
    for (auto& [root, nodes] : by_root) {
        result.push_back(std::move(nodes));
    }
    std::stable_sort(result.begin(), result.end(),
                     [](const auto& a, const auto& b) { return a.size() > b.size(); });
    return result;
}

}  // namespace bench
