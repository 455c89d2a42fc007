// How much the served page's clients may ask for. docs/command-line.md tells each of these.
//
// The server answers whoever reaches its port, so nothing that a request holds may cost more than
// a little time and memory. What is past a limit is refused or ends the run, in words.
#ifndef KVM_MODEL_TOOLS_SERVE_LIMITS_H_
#define KVM_MODEL_TOOLS_SERVE_LIMITS_H_

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace kvm_model::serve {

// Of a request, in bytes.
inline constexpr std::size_t kMostHeadBytes = std::size_t{32} << 10;
inline constexpr std::size_t kMostBodyBytes = std::size_t{256} << 10;
// How long a client may take to send one, and to take the answer.
inline constexpr std::chrono::seconds kMostTransferTime{10};
// Answered at the same time, and waiting for it; further clients wait in the kernel.
inline constexpr std::size_t kMostConnections = 16;
inline constexpr std::size_t kMostWaiting = 64;
// Of those, how many may keep the model at work at the same time, and how long one waits for that.
inline constexpr int kMostAtWork = 4;
inline constexpr std::chrono::seconds kMostWaitForWork{5};

// Of a scenario.
inline constexpr std::size_t kMostLines = 1000;
inline constexpr std::size_t kMostCalls = 2000;
inline constexpr std::uint64_t kMostFilePages = 512;                        // In one guest_memfd.
inline constexpr std::uint64_t kMostMemoryBytes = std::uint64_t{64} << 20;  // Made in all.
// In one memslot: its dirty log takes a bit for each page, in the process as well.
inline constexpr std::uint64_t kMostSlotBytes = std::uint64_t{64} << 30;
inline constexpr std::size_t kMostProcesses = 16;
inline constexpr std::chrono::seconds kMostRunTime{5};
// Of the decisions that one answer tells; later calls are told without theirs.
inline constexpr std::size_t kMostTrailSteps = 20'000;
// Of the calls, their arguments, their forms in C and their answers, in bytes; and of the runs of
// pages.
inline constexpr std::size_t kMostTextBytes = std::size_t{8} << 20;
inline constexpr std::uint64_t kMostRuns = std::uint64_t{1} << 17;

}  // namespace kvm_model::serve

#endif  // KVM_MODEL_TOOLS_SERVE_LIMITS_H_
