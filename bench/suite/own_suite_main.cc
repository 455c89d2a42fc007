// own_suite: the suite with those peers alone that need no package.
#include "bench/peers/own_peers.h"
#include "bench/suite/above_store_cases.h"
#include "bench/suite/command.h"
#include "bench/suite/file_cases.h"
#include "bench/suite/store_cases.h"
#include "bench/suite/suite.h"

int main(int argc, char** argv) {
  using namespace kvm_model::bench;
  const auto for_each_store = [](auto visit) { ForEachOwnPeer(visit); };
  Suite suite;
  AddUpdateCases(suite, for_each_store);
  AddQuestionCases(suite, for_each_store);
  AddFileCases(suite, for_each_store);
  AddMemoryCases(suite, for_each_store);
  AddAboveStoreCases(suite);
  return RunCommand(argc, argv, suite, "");
}
