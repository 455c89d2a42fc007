// suite: every store of attributes beside each other, and what is built on the model's.
//
// It holds the kernel's code where its source is installed, and must not be distributed then.
#include "bench/peers/peers.h"
#include "bench/suite/above_store_cases.h"
#include "bench/suite/command.h"
#include "bench/suite/file_cases.h"
#include "bench/suite/store_cases.h"
#include "bench/suite/suite.h"

int main(int argc, char** argv) {
  using namespace kvm_model::bench;
  const auto for_each_store = [](auto visit) { ForEachPeer(visit); };
  Suite suite;
  AddUpdateCases(suite, for_each_store);
  AddQuestionCases(suite, for_each_store);
  AddFileCases(suite, for_each_store);
  AddMemoryCases(suite, for_each_store);
  AddAboveStoreCases(suite);
  return RunCommand(argc, argv, suite, MissingPeers());
}
