// What the files of the module offer each other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace bench {

// Kernels: compiled for each variant.
double dot(const double* a, const double* b, std::size_t size);
void axpy(double factor, const float* x, float* y, std::size_t size);
void matmul(const double* a, const double* b, double* c, std::size_t size);
void blur(const std::uint8_t* in, std::uint8_t* out, std::size_t width, std::size_t height,
          int radius);
void gamma_correct(const float* in, float* out, std::size_t size, int steps);
double sum(const double* values, std::size_t size);
double norm(const float* values, std::size_t size, int power);
std::vector<std::size_t> histogram(const std::int32_t* values, std::size_t size, int bins);

// Common code: the same in all variants.
std::vector<std::string> tokens(const std::string& text);
std::map<std::string, std::size_t> word_counts(const std::string& text);
std::map<std::string, double> group_means(const std::vector<std::string>& keys,
                                          const std::vector<double>& values);
std::vector<std::size_t> shortest_path(const std::vector<std::vector<std::size_t>>& edges,
                                       std::size_t from, std::size_t to);
double evaluate(const std::string& expression);
std::vector<double> summary(std::vector<double> values);
std::string weekday(int year, int month, int day);

}  // namespace bench
