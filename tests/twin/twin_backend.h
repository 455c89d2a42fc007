// The twin as a backend of scenarios: it only translates calls and answers.
//
// Where the twin can't know a byte, because something random was put there, Execute answers 0 and
// byte_is_unknown() says so; a caller that knows better tells it with Learn, and later reads agree.
//
// What the twin doesn't have (most capabilities, injected allocation failures, most ioctls by
// number) is answered with NotModelled. SkipReason finds those calls before a scenario runs, as far
// as they can be seen in its text.
#ifndef KVM_MODEL_TESTS_TWIN_TWIN_BACKEND_H_
#define KVM_MODEL_TESTS_TWIN_TWIN_BACKEND_H_

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "tests/twin/page.h"
#include "tests/twin/twin.h"
#include "tools/backends/backend.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"

namespace kvm_model::twin {

class TwinBackend final : public scenario::Backend {
 public:
  std::string_view Name() const override { return "twin"; }
  std::optional<std::string> SkipReason(const scenario::Scenario& scenario) override;
  std::expected<void, std::string> Start(const scenario::Scenario& scenario) override;
  std::uint64_t PageSize() const override { return kPageSize; }
  std::uint64_t BadAddress() const override { return kPageSize; }
  scenario::Answer Execute(const scenario::CallRequest& request) override;
  void Finish() override;

  // Whether the byte of the last answer is one that nobody can know.
  bool byte_is_unknown() const { return unknown_.has_value(); }
  // What it is. Only after an answer whose byte was unknown, and before the next Execute.
  void Learn(std::uint8_t byte);

 private:
  using Answer = scenario::Answer;
  using Request = scenario::CallRequest;

  Answer Dispatch(const Request& request);
  Answer Memory(const Request& request);
  Answer Guest(const Request& request);
  Answer Look(const Request& request);

  Answer ByteAt(const Place& place);
  Answer HostAccess(const Request& request, bool write);
  Answer GuestAccess(const Request& request, bool write);
  Answer SetUserMemoryRegion(const Request& request, bool second_form);
  Answer SetMemoryAttributes(const Request& request);
  Answer SetMemoryAttributes2(const Request& request);
  Answer GetDirtyLog(const Request& request);
  Answer ClearDirtyLog(const Request& request);
  Answer PreFault(const Request& request);
  Answer Populate(const Request& request);
  Answer Pin(const Request& request);
  Answer Peek(const Request& request);
  Answer Ioctl(const Request& request);

  std::optional<Twin> twin_;
  std::optional<Place> unknown_;
};

}  // namespace kvm_model::twin

#endif  // KVM_MODEL_TESTS_TWIN_TWIN_BACKEND_H_
