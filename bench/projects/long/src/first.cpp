#include "heavy.hpp"

extern "C" int match_first(const char* text) {
  return Matcher<char, 0>::count(text) + Matcher<wchar_t, 0>::count(text);
}
