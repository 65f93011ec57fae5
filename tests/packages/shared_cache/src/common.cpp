#include <string>

#include "config.h"

std::string line() { return std::string(WIDTH, '-'); }
