#include "heavy.hpp"

extern "C" int match_second(const char* text) {
  return Matcher<char, 1>::count(text) + Matcher<wchar_t, 1>::count(text);
}
