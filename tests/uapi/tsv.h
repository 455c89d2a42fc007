// Reads tab-separated files whose first line names the columns.

#ifndef KVM_MODEL_TESTS_UAPI_TSV_H_
#define KVM_MODEL_TESTS_UAPI_TSV_H_

#include <string>
#include <vector>

namespace kvm_model::uapi {

// The rows below the heading, each split at its tabs. Empty when the file can't be read: a test
// that walks over rows must require some.
std::vector<std::vector<std::string>> ReadTsv(const std::string& path);

}  // namespace kvm_model::uapi

#endif  // KVM_MODEL_TESTS_UAPI_TSV_H_
