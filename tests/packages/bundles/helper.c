int halves[256];

int half_of_all(int n) {
  int total = 0;
  for (int i = 0; i < 256; i++) halves[i] = i / 2 * n;
  for (int i = 0; i < 256; i++) total += halves[i];
  return total;
}
