// The command line of a suite's program:
//
//   suite [--list] [--filter=REGEX] [--repetitions=N] [--min-time=SECONDS] [--seed=N] [--out=FILE]
//         [--quiet]
//
// Progress goes to stderr, but for --quiet, a line for each result to stdout, and Google
// Benchmark's JSON to FILE. Exit codes: 0; 1: a subject was wrong, and is named; 2: wrong
// arguments, or a file that can't be written.
#ifndef KVM_MODEL_BENCH_SUITE_COMMAND_H_
#define KVM_MODEL_BENCH_SUITE_COMMAND_H_

#include <string>

#include "bench/suite/suite.h"

namespace kvm_model::bench {

// `missing_peers`: a line for each peer that is left out.
int RunCommand(int argc, char** argv, Suite& suite, const std::string& missing_peers);

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_SUITE_COMMAND_H_
