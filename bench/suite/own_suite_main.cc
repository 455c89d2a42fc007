// own_suite: the suite with those peers alone that need no package.
#include "bench/peers/own_peers.h"
#include "bench/suite/all_cases.h"
#include "bench/suite/command.h"
#include "bench/suite/suite.h"

int main(int argc, char** argv) {
  kvm_model::bench::Suite suite;
  AddAllCases(suite, [](auto visit) { kvm_model::bench::ForEachOwnPeer(visit); });
  return RunCommand(argc, argv, suite, "");
}
