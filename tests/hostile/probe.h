// Probing a world: calls whose answers must be allowed ones, and that must change nothing when they
// fail.
#ifndef KVM_MODEL_TESTS_HOSTILE_PROBE_H_
#define KVM_MODEL_TESTS_HOSTILE_PROBE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kvm_model/result.h"
#include "tests/hostile/forms.h"
#include "tests/hostile/picture.h"
#include "tests/hostile/world.h"

namespace kvm_model::hostile {

class Prober {
 public:
  // The world's descriptors of this moment are the ones that stay.
  explicit Prober(World& world);

  // The call with the bytes at the start of scratch memory. Empty when all is well; otherwise what
  // is wrong. What a successful call has made is undone as far as the next one needs.
  std::string Probe(const Form& form, std::span<const std::byte> bytes);

  // What the last call answered.
  const Result<std::int64_t>& answer() const { return answer_; }

  // Closes the descriptors that calls have made.
  void CloseNewDescriptors();
  // Deletes the slot that a KVM_SET_USER_MEMORY_REGION with these bytes has made.
  void ForgetSlot(std::span<const std::byte> bytes);

 private:
  // What differs after a copy of the dirty log that failed: the log may be gone, nothing else.
  std::string LosesTheLogAlone(Picture before);

  World& world_;
  const std::vector<int> first_fds_;
  std::optional<Picture> before_;
  Result<std::int64_t> answer_ = 0;
};

// Numbers at which fields of that kind tend to go wrong: 0, 1, -1, limits with their neighbours one
// and one page away, in general and next to the world's own, and for flags each bit alone. Each
// once; a few where nobody looks at the field.
std::vector<std::uint64_t> Corners(const World& world, FieldKind kind);

// A few of them, for combinations.
std::vector<std::uint64_t> FewCorners(const World& world);

}  // namespace kvm_model::hostile

#endif  // KVM_MODEL_TESTS_HOSTILE_PROBE_H_
