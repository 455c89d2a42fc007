// suite: every store of attributes beside each other, and what is built on the model's.
//
// It holds the kernel's code where its source is installed, and must not be distributed then.
#include "bench/peers/peers.h"
#include "bench/suite/all_cases.h"
#include "bench/suite/command.h"
#include "bench/suite/suite.h"

int main(int argc, char** argv) {
  kvm_model::bench::Suite suite;
  AddAllCases(suite, [](auto visit) { kvm_model::bench::ForEachPeer(visit); });
  return RunCommand(argc, argv, suite, kvm_model::bench::MissingPeers());
}
