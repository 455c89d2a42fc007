// The workloads: streams of conversions, lists of questions and states of files, by name.
//
// Files are of 4 KiB pages. Lengths are log-uniform where it says so: as likely to lie between 2^k
// and 2^(k+1) for each k.
#ifndef KVM_MODEL_BENCH_SUITE_WORKLOADS_H_
#define KVM_MODEL_BENCH_SUITE_WORKLOADS_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "bench/suite/stream.h"

namespace kvm_model::bench {

struct NamedStream {
  std::string name;
  std::uint64_t pages = 0;  // of the file
  std::function<Stream()> make;
  // Whether it is for stores too that take time for each page of a range.
  bool suits_stores_by_page = true;
};

//   W1       a random page to the other attributes; 2^24 pages, each private by a coin's toss
//   W1s      10,000 lone private pages of 2^24 (bounce buffers): one more, and the oldest back
//   W2       a random chunk of 512 pages to the other attributes; 2^24 pages, by a coin's toss each
//   W3       page by page, ascending, in 8 windows of 8 GiB one after the other, to and fro
//   W3i      the same, the windows' pages in turns
//   W4       any range, log-uniform up to 2^18 pages, to attributes drawn at random; 2^24 pages
//   curve_conversion_size/<pages>   ranges of that many pages, otherwise as W4, in 2^29 pages
//   curve_run_count/<runs>          a page to the other attributes and back; 2^28 pages
//   curve_file_size/<pages>         the same in a file of that many pages, at most 1000 runs
std::vector<NamedStream> UpdateStreams();

struct NamedState {
  std::string name;
  std::uint64_t pages = 0;
  std::function<FileState()> make;
};

// For W5 to W7: 2^24 pages in 10, 1e3 and 1e6 runs, boundaries at random, built in random order.
std::vector<NamedState> QueryStates();
// The same for the curves of questions over the number of runs; 2^28 pages.
std::vector<NamedState> CurveQueryStates();

// W8's: 2^28 pages in 1e6 runs, built in random order.
FileState WholeFileState();

// W9's, by runs and size of file; all but the fragmented one, which is built in ascending order,
// are built in random order.
std::vector<NamedState> MemoryStates();

// A list of questions. W5 and W5L ask for the attributes of the first page of each, W6 whether the
// range has the attributes.
using Questions = std::vector<Operation>;
// Log-uniform lengths up to 2^18 pages, attributes drawn at random.
Questions AnyQuestions(std::uint64_t pages);
// Aligned ranges of 512 pages.
Questions BlockQuestions(std::uint64_t pages);

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_SUITE_WORKLOADS_H_
