#include "heavy.hpp"

extern "C" int match_third(const char* text) {
  return Matcher<char, 2>::count(text) + Matcher<wchar_t, 2>::count(text);
}
