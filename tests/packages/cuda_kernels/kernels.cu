// The file that is compiled for the variant's GPUs.
__global__ void twice_kernel(int *value) { *value *= 2; }

extern "C" int twice(int value) {
  int *memory = nullptr;
  if (cudaMalloc(&memory, sizeof(int)) != cudaSuccess) return -1;
  cudaMemcpy(memory, &value, sizeof(int), cudaMemcpyHostToDevice);
  twice_kernel<<<1, 1>>>(memory);
  cudaMemcpy(&value, memory, sizeof(int), cudaMemcpyDeviceToHost);
  cudaFree(memory);
  return value;
}
