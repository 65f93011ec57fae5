// Code that takes a compiler long: a regular expression engine for each kind of character.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <regex>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

template <typename Character, int Part>
struct Matcher {
  using Text = std::basic_string<Character>;
  using Regex = std::basic_regex<Character>;

  static Text widen(const std::string& text) { return Text(text.begin(), text.end()); }

  static int count(const std::string& given) {
    const Text text = widen(given);
    const Regex word(widen("[a-z]+(_[0-9]{1," + std::to_string(Part + 2) + "})*"));
    std::map<Text, std::vector<int>> places;
    std::unordered_map<int, std::function<int(int)>> steps;
    for (int step = 0; step < Part + 3; ++step) steps[step] = [step](int x) { return x + step; };
    for (std::regex_iterator<typename Text::const_iterator> at(text.begin(), text.end(), word), end;
         at != end; ++at) {
      places[at->str()].push_back(steps[static_cast<int>(at->length()) % (Part + 3)](Part));
    }
    std::vector<std::pair<std::size_t, Text>> order;
    for (auto& [name, found] : places) {
      std::stable_sort(found.begin(), found.end());
      order.emplace_back(found.size(), std::regex_replace(name, word, widen("<$&>")));
    }
    std::sort(order.begin(), order.end());
    return static_cast<int>(order.size());
  }
};
