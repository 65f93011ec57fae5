// What the threads of a block compute together.
#pragma once

namespace bench {

constexpr unsigned warp_size = 32;
constexpr unsigned all_lanes = 0xffffffffu;

// `value` of all threads, combined; the result is right in all of them. All threads must call it.
template <int Threads, class W, class Op>
__device__ W block_reduce(W value, Op op) {
    __shared__ W partial[Threads / warp_size];
    for (unsigned distance = warp_size / 2; distance > 0; distance /= 2) {
        value = op(value, __shfl_xor_sync(all_lanes, value, distance));
    }
    if constexpr (Threads > warp_size) {
        if (threadIdx.x % warp_size == 0) {
            partial[threadIdx.x / warp_size] = value;
        }
        __syncthreads();
        value = partial[0];
#pragma unroll
        for (unsigned warp = 1; warp < Threads / warp_size; ++warp) {
            value = op(value, partial[warp]);
        }
        __syncthreads();  // before the next call writes to the same memory
    }
    return value;
}

// `value` of all threads before this one, combined; `total` becomes that of all threads.
template <int Threads, class W, class Op>
__device__ W block_scan(W value, W identity, Op op, W& total) {
    __shared__ W partial[Threads / warp_size];
    const unsigned lane = threadIdx.x % warp_size;
    const unsigned own_warp = threadIdx.x / warp_size;
    for (unsigned distance = 1; distance < warp_size; distance *= 2) {
        const W lower = __shfl_up_sync(all_lanes, value, distance);
        value = lane >= distance ? op(lower, value) : value;
    }
    if (lane == warp_size - 1) {
        partial[own_warp] = value;
    }
    __syncthreads();
    W before = identity;
    total = identity;
#pragma unroll
    for (unsigned warp = 0; warp < Threads / warp_size; ++warp) {
        before = warp == own_warp ? total : before;
        total = op(total, partial[warp]);
    }
    __syncthreads();
    const W lower = __shfl_up_sync(all_lanes, value, 1);
    return lane == 0 ? before : op(before, lower);
}

}  // namespace bench
