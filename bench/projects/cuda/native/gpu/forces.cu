// The forces of all bodies on each, for different laws, each with a softening length.
#include "export.cuh"

namespace bench {
namespace {

// Each law has the force divided by distance, from the squared distance and the product of charges.

struct Gravity {
    template <class T>
    __device__ T operator()(T squared, T charges) const {
        const T inverse = rsqrt(squared);
        return charges * inverse * inverse * inverse;
    }
};
struct Coulomb {
    template <class T>
    __device__ T operator()(T squared, T charges) const {
        const T inverse = rsqrt(squared);
        return -charges * inverse * inverse * inverse;
    }
};
struct Yukawa {
    template <class T>
    __device__ T operator()(T squared, T charges) const {
        const T distance = sqrt(squared);
        return -charges * exp(-distance) * (1 + distance) / (squared * distance);
    }
};
struct LennardJones {
    template <class T>
    __device__ T operator()(T squared, T charges) const {
        const T sixth = 1 / (squared * squared * squared);
        return charges * 24 * sixth * (1 - 2 * sixth) / squared;
    }
};

// A body is x, y, z and its charge. A block holds `Threads` of the others in shared memory.
template <int Threads, int Bodies, class Law, class T>
__global__ void __launch_bounds__(Threads)
    forces_kernel(const T* bodies, T* forces, std::size_t count, T softening, Law law) {
    __shared__ T others[Threads][4];
    T own[Bodies][4] = {};
    T sums[Bodies][3] = {};
    const std::size_t first = static_cast<std::size_t>(blockIdx.x) * Threads * Bodies + threadIdx.x;
#pragma unroll
    for (int i = 0; i < Bodies; ++i) {
        const std::size_t body = first + static_cast<std::size_t>(i) * Threads;
#pragma unroll
        for (int d = 0; d < 4 && body < count; ++d) {
            own[i][d] = bodies[body * 4 + d];
        }
    }
    for (std::size_t start = 0; start < count; start += Threads) {
        const std::size_t other = start + threadIdx.x;
#pragma unroll
        for (int d = 0; d < 4; ++d) {
            others[threadIdx.x][d] = other < count ? bodies[other * 4 + d] : T(0);
        }
        __syncthreads();
        // What fills up the last tile has no charge.
#pragma unroll 8
        for (int j = 0; j < Threads; ++j) {
#pragma unroll
            for (int i = 0; i < Bodies; ++i) {
                const T x = others[j][0] - own[i][0];
                const T y = others[j][1] - own[i][1];
                const T z = others[j][2] - own[i][2];
                const T squared = x * x + y * y + z * z + softening * softening;
                const T scale = law(squared, others[j][3] * own[i][3]);
                sums[i][0] += scale * x;
                sums[i][1] += scale * y;
                sums[i][2] += scale * z;
            }
        }
        __syncthreads();
    }
#pragma unroll
    for (int i = 0; i < Bodies; ++i) {
        const std::size_t body = first + static_cast<std::size_t>(i) * Threads;
#pragma unroll
        for (int d = 0; d < 3 && body < count; ++d) {
            forces[body * 3 + d] = sums[i][d];
        }
    }
}

template <class Law, class T>
cudaError_t launch(Law law, const T* bodies, T* forces, std::size_t count, T softening,
                   cudaStream_t stream) {
    if (count >= 16384) {  // enough for all of a GPU with several bodies for each thread
        forces_kernel<256, 4>
            <<<blocks_for(count, 256 * 4), 256, 0, stream>>>(bodies, forces, count, softening, law);
    } else if (count >= 4096) {
        forces_kernel<128, 2>
            <<<blocks_for(count, 128 * 2), 128, 0, stream>>>(bodies, forces, count, softening, law);
    } else {
        forces_kernel<64, 1>
            <<<blocks_for(count, 64), 64, 0, stream>>>(bodies, forces, count, softening, law);
    }
    return cudaGetLastError();
}

}  // namespace
}  // namespace bench

// `law`: 0 gravity, 1 Coulomb, 2 Yukawa, 3 Lennard-Jones. `softening` must not be zero: it keeps a
// body's distance from itself from being that.
BENCH_EXPORT int bench_forces(std::size_t bytes, int law, const void* bodies, void* forces,
                              std::size_t count, double softening, void* stream) {
    using namespace bench;
    if (count == 0 || !(softening > 0)) {
        return count == 0 ? cudaSuccess : cudaErrorInvalidValue;
    }
    return with_real(bytes, [&](auto real) {
        using T = decltype(real);
        const auto call = [&](auto chosen) {
            return launch(chosen, static_cast<const T*>(bodies), static_cast<T*>(forces), count,
                          static_cast<T>(softening), static_cast<cudaStream_t>(stream));
        };
        switch (law) {
            case 0:
                return call(Gravity());
            case 1:
                return call(Coulomb());
            case 2:
                return call(Yukawa());
            case 3:
                return call(LennardJones());
            default:
                return cudaErrorInvalidValue;
        }
    });
}
