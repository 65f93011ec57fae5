long sum_of_squares(const int *x, long n) {
  long total = 0;
  for (long i = 0; i < n; i++) total += (long)x[i] * x[i];
  return total;
}
