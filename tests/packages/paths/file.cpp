#include <string>

#include "headers/header.h"

std::string where() { return std::string(__FILE__) + header(); }
