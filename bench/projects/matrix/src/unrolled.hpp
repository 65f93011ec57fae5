// Loops for vector units: the factor of unrolling is chosen by length, so each loop is compiled
// several times over, as in libraries of kernels.
#pragma once

#include <cstddef>
#include <utility>

namespace bench {

template <typename Total, typename Term, std::size_t... Lanes>
Total sum_lanes(std::size_t size, Term term, std::index_sequence<Lanes...>) {
  constexpr std::size_t lanes = sizeof...(Lanes);
  Total totals[lanes] = {};
  std::size_t i = 0;
  for (; i + lanes <= size; i += lanes) ((totals[Lanes] += term(i + Lanes)), ...);
  Total total = (totals[Lanes] + ...);
  for (; i < size; ++i) total += term(i);
  return total;
}

template <typename Total, typename Term>
Total dispatch_unrolled(std::size_t size, Term term) {
  if (size < 64) return sum_lanes<Total>(size, term, std::make_index_sequence<2>{});
  if (size < 256) return sum_lanes<Total>(size, term, std::make_index_sequence<4>{});
  if (size < 4096) return sum_lanes<Total>(size, term, std::make_index_sequence<8>{});
  if (size < 65536) return sum_lanes<Total>(size, term, std::make_index_sequence<16>{});
  return sum_lanes<Total>(size, term, std::make_index_sequence<24>{});
}

template <typename Step, std::size_t... Lanes>
void step_lanes(std::size_t size, Step step, std::index_sequence<Lanes...>) {
  constexpr std::size_t lanes = sizeof...(Lanes);
  std::size_t i = 0;
  for (; i + lanes <= size; i += lanes) (step(i + Lanes), ...);
  for (; i < size; ++i) step(i);
}

template <typename Step>
void each_unrolled(std::size_t size, Step step) {
  if (size < 256) return step_lanes(size, step, std::make_index_sequence<4>{});
  if (size < 4096) return step_lanes(size, step, std::make_index_sequence<8>{});
  step_lanes(size, step, std::make_index_sequence<16>{});
}

}  // namespace bench
