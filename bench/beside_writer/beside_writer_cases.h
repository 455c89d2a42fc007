// Cases of a reader beside the writer: what a question to the map of attributes costs while another
// thread changes the map without pause, and what a change costs while another thread asks.
//
//   beside_writer/<question>/<writer>/<alone or beside>    items_per_second are questions
//   beside_writer/writer/<writer>/<alone or beside...>     items_per_second are stores
//
//   question  get: Get() of a random page. range_has, runs_in: RangeHas() and RunsIn() of 512 pages
//             that start at random
//   writer    W1, W4, narrow (bench/beside_writer/writing.h)
//   alone     there is no other thread
//   beside    there is; of the writer's cases, beside_get, beside_range_has and beside_runs_in say
//             what it asks
//   shared_mutex_alone, shared_mutex_beside...
//             the same with the map behind a std::shared_mutex
//
// Both threads must run at once, which on a busy machine of two processors they often don't. So an
// iteration is made of eight goes of some thousand items, and counts only if the other thread did
// something during each of them; else it is made again, now and then with a new thread. After a
// second of a run all iterations count: the counter not_beside, which is not there otherwise, is
// the share of those that should not. No thread is bound to a processor. Times are the measured
// thread's CPU time.
//
// A thread that waits for a std::shared_mutex sleeps, which is not its own time, and may keep the
// other out for long: there the time is the steady clock's and every iteration counts, so on a busy
// machine the mutex looks the worse.
//
// Correct: every sixteenth question is about pages that never change, whose answer must be right,
// and the others' answers must be possible, in each iteration; before the clock starts, some
// thousand answers beside the writer are checked in full. After each repetition the map's
// invariants must hold.
#ifndef KVM_MODEL_BENCH_BESIDE_WRITER_BESIDE_WRITER_CASES_H_
#define KVM_MODEL_BENCH_BESIDE_WRITER_BESIDE_WRITER_CASES_H_

#include "bench/suite/suite.h"

namespace kvm_model::bench {

void AddBesideWriterCases(Suite& suite);

}  // namespace kvm_model::bench

#endif  // KVM_MODEL_BENCH_BESIDE_WRITER_BESIDE_WRITER_CASES_H_
