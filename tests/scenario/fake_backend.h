// A backend that answers what a test has scripted, and remembers what it was asked.
#ifndef KVM_MODEL_TESTS_SCENARIO_FAKE_BACKEND_H_
#define KVM_MODEL_TESTS_SCENARIO_FAKE_BACKEND_H_

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/backends/backend.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"

namespace kvm_model::scenario {

class FakeBackend : public Backend {
 public:
  // Answers in the order of the calls; the last one stays.
  explicit FakeBackend(std::vector<Answer> answers) : answers_(std::move(answers)) {}

  std::string_view Name() const override { return "fake"; }
  std::optional<std::string> SkipReason(const Scenario&) override { return skip_reason; }
  std::expected<void, std::string> Start(const Scenario&) override {
    if (!start_error.empty()) return std::unexpected(start_error);
    return {};
  }
  std::uint64_t PageSize() const override { return page_size; }
  std::uint64_t BadAddress() const override { return 0xbad000; }
  Answer Execute(const CallRequest& request) override {
    requests.push_back(request);
    const std::size_t turn = requests.size() - 1;
    return answers_[turn < answers_.size() ? turn : answers_.size() - 1];
  }
  std::string Trail() const override { return "because"; }
  void Finish() override { ++finished; }

  std::optional<std::string> skip_reason;
  std::string start_error;
  std::uint64_t page_size = 4096;
  std::vector<CallRequest> requests;
  int finished = 0;

 private:
  std::vector<Answer> answers_;
};

}  // namespace kvm_model::scenario

#endif  // KVM_MODEL_TESTS_SCENARIO_FAKE_BACKEND_H_
