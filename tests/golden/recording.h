// Reads what a real kernel answered: tests/data/linux-6.18.44-x86-pvm-*.txt, from a 6.18.44 kernel
// on x86 with the kvm_pvm vendor module.
#ifndef KVM_MODEL_TESTS_GOLDEN_RECORDING_H_
#define KVM_MODEL_TESTS_GOLDEN_RECORDING_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace kvm_model {

// One recorded answer: a number, "-EINVAL" or a few words.
struct RecordedRow {
  std::string name;
  std::string answer;
};

// The errno file, in order: rows of a name padded to 70 columns and an answer, and a few whose name
// is their first word. What KVM_PRE_FAULT_MEMORY left behind follows its row, as "<name>, left".
std::vector<RecordedRow> ReadErrnoRecording();

struct RecordedCapability {
  std::int64_t system = 0;
  std::int64_t vm = 0;
};

// The capability file: every number that did not answer 0 on both descriptors.
std::map<std::int64_t, RecordedCapability> ReadCapabilityRecording();

}  // namespace kvm_model

#endif  // KVM_MODEL_TESTS_GOLDEN_RECORDING_H_
