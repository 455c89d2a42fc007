// The model with bounds on what a scenario may make of it.
#ifndef KVM_MODEL_TOOLS_SERVE_LIMITED_BACKEND_H_
#define KVM_MODEL_TOOLS_SERVE_LIMITED_BACKEND_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "tools/backends/backend.h"
#include "tools/backends/model_backend.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"

namespace kvm_model::serve {

// Answers as `model` does until a limit of limits.h is reached: then Broken, with the limit in
// words. Time counts from Start.
class LimitedBackend final : public scenario::Backend {
 public:
  explicit LimitedBackend(scenario::ModelBackend& model) : model_(model) {}

  std::string_view Name() const override { return model_.Name(); }
  std::optional<std::string> SkipReason(const scenario::Scenario& scenario) override {
    return model_.SkipReason(scenario);
  }
  std::expected<void, std::string> Start(const scenario::Scenario& scenario) override;
  std::uint64_t PageSize() const override { return model_.PageSize(); }
  std::uint64_t BadAddress() const override { return model_.BadAddress(); }
  scenario::Answer Execute(const scenario::CallRequest& request) override;
  std::string Trail() const override { return model_.Trail(); }
  void Finish() override { model_.Finish(); }

  // Why no further call may be made; nothing while one may.
  std::optional<std::string> Exhausted() const;

 private:
  // What the call would make too much of, before it is made.
  std::optional<std::string> TooMuch(const scenario::CallRequest& request);
  // The same of a guest_memfd that was made.
  std::optional<std::string> TooLarge(const scenario::CallRequest& request,
                                      const scenario::Answer& answer);
  // Counts memory that was or will be made; says so when it is too much.
  std::optional<std::string> Take(std::uint64_t bytes);

  scenario::ModelBackend& model_;
  std::chrono::steady_clock::time_point start_;
  std::size_t calls_ = 0;
  std::size_t processes_ = 1;
  std::uint64_t bytes_ = 0;
};

}  // namespace kvm_model::serve

#endif  // KVM_MODEL_TOOLS_SERVE_LIMITED_BACKEND_H_
