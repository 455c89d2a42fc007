// A limit of the test's own process, lowered while this lives.
#ifndef KVM_MODEL_TESTS_KVM_MODEL_RESOURCE_LIMIT_H_
#define KVM_MODEL_TESTS_KVM_MODEL_RESOURCE_LIMIT_H_

#include <sys/resource.h>

namespace kvm_model {

class ResourceLimit {
 public:
  // Such as RLIMIT_FSIZE (bytes; writing beyond it raises SIGXFSZ, also to the test's own output)
  // or RLIMIT_NOFILE (descriptors; the undefined sanitizer needs two to look at an object's type).
  ResourceLimit(__rlimit_resource resource, rlim_t limit) : resource_(resource) {
    getrlimit(resource_, &before_);
    rlimit lowered = before_;
    lowered.rlim_cur = limit;
    setrlimit(resource_, &lowered);
  }
  ~ResourceLimit() { setrlimit(resource_, &before_); }
  ResourceLimit(const ResourceLimit&) = delete;
  ResourceLimit& operator=(const ResourceLimit&) = delete;

 private:
  __rlimit_resource resource_;
  rlimit before_{};
};

}  // namespace kvm_model

#endif  // KVM_MODEL_TESTS_KVM_MODEL_RESOURCE_LIMIT_H_
