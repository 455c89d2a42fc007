// Draws from a seed, alike on every machine: the standard's distributions are not.
#ifndef KVM_MODEL_TOOLS_QUIZ_DICE_H_
#define KVM_MODEL_TOOLS_QUIZ_DICE_H_

#include <cstdint>
#include <random>
#include <span>
#include <string_view>

namespace kvm_model::quiz {

using Words = std::span<const std::string_view>;

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}

  // From 0 up to count - 1; count is above 0.
  std::uint64_t Below(std::uint64_t count) { return engine_() % count; }
  bool OneIn(std::uint64_t count) { return Below(count) == 0; }
  std::string_view Of(Words words) { return words[Below(words.size())]; }

 private:
  std::mt19937_64 engine_;
};

}  // namespace kvm_model::quiz

#endif  // KVM_MODEL_TOOLS_QUIZ_DICE_H_
