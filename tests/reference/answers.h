// What an architecture answers, and what changes an answer: found by asking hosts that differ in
// one thing.
//
// Cost: an architecture is some hundred hosts and a VM or more of each: a second.
#ifndef KVM_MODEL_TESTS_REFERENCE_ANSWERS_H_
#define KVM_MODEL_TESTS_REFERENCE_ANSWERS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "kvm_model/arch.h"
#include "uapi/capability_facts.h"

namespace kvm_model {

// One capability on one architecture, asked on the default host of the default revision.
struct CapabilityOnArch {
  std::string system;  // what /dev/kvm answers, in words
  std::string vm;      // what a VM of type DEFAULT answers
  bool inferred = false;
  // Predicates of the trails, in the kernel's words, in the order in which they were first met.
  std::vector<std::string> decided_by;
  // "a VM of type SNP: 1", "linux-6.18: 0", "CONFIG_KVM_SMM", ...: what gives another answer.
  std::vector<std::string> changes_with;

  // Whether any host asked answers anything but 0.
  bool ever_answered = false;
};

// By the name that the default revision gives each number.
using ArchAnswers = std::map<std::string, CapabilityOnArch>;

// The answers of an architecture; worked out once.
const ArchAnswers& AnswersOf(const Arch& arch);

}  // namespace kvm_model

#endif  // KVM_MODEL_TESTS_REFERENCE_ANSWERS_H_
