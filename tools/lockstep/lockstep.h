// Lockstep: the same operations made on two backends, and the first answer that differs.
//
// One backend is the reference, which is right by definition: a real kernel, or a second model
// written for clarity. A call that the reference can't make is made on neither. A world in which
// the reference itself breaks down (it doesn't answer in time, say) is given up: that tells nothing
// of the model.
//
// Cost: what the backends take for each call, and one look at the answers.
#ifndef KVM_MODEL_TOOLS_LOCKSTEP_LOCKSTEP_H_
#define KVM_MODEL_TOOLS_LOCKSTEP_LOCKSTEP_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "tools/backends/backend.h"
#include "tools/lockstep/alphabet.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/session.h"

namespace kvm_model::lockstep {

// Whether two answers to the same call say the same. By default they must be equal, but for
// addresses, which each side chooses.
using SameAnswers =
    std::function<bool(const scenario::CallRequest& call, const scenario::Answer& reference,
                       const scenario::Answer& model)>;
bool SameByDefault(const scenario::CallRequest& call, const scenario::Answer& reference,
                   const scenario::Answer& model);

// Calls `look` with each call that tells something of the world without changing it, until that
// answers false. Null where nothing can be looked at.
using Looks =
    std::function<void(const Names& names, absl::FunctionRef<bool(const scenario::Call&)> look)>;

struct Difference {
  std::string call;       // as a scenario has it
  std::string reference;  // what the reference answered, as an expectation is written
  std::string model;
  std::string trail;  // why the model answered so
};

// What a run is about: everything but the operations.
struct World {
  const Alphabet* alphabet = nullptr;
  // The host, and the calls that every world begins with.
  scenario::Scenario beginning;
  scenario::Backend* reference = nullptr;
  scenario::Backend* model = nullptr;
  SameAnswers same = SameByDefault;
  Looks looks;
};

// How much was compared.
struct Counts {
  std::uint64_t operations = 0;
  std::uint64_t left_out = 0;   // operations made on neither side, as the reference can't make them
  std::uint64_t successes = 0;  // operations that the reference answered with success
  std::uint64_t looks = 0;      // looks that both answered

  Counts& operator+=(const Counts& more);
};

// One world, from its beginning on. Both backends are started by the constructor and finished by
// the destructor.
class Run {
 public:
  explicit Run(const World& world);
  ~Run();
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  // Makes the operation on both. Once there is a difference nothing more may be asked; once the
  // world is given up nothing more is made.
  std::optional<Difference> Make(const Operation& operation);
  // Compares all that can be looked at.
  std::optional<Difference> Look();
  const Counts& counts() const { return counts_; }
  // Why the world was given up, in words.
  const std::optional<std::string>& given_up() const { return given_up_; }
  // Of what the reference answered to the looks: worlds that look alike have the same.
  std::uint64_t fingerprint() const { return fingerprint_; }
  // How the beginning went: a difference there is one as well.
  const std::optional<Difference>& beginning() const { return beginning_; }

  // A scenario file of what was made, each line with the reference's answer. Where the model may
  // answer something else it is `any`: nobody knows what a byte is that was made random.
  std::string ToScenario(std::string_view description) const;

 private:
  enum class Purpose : std::uint8_t { kBeginning, kOperation, kLook };
  std::optional<Difference> MakeCall(const scenario::Call& call, Purpose purpose);
  // The reference didn't make the call.
  void LeaveOut(const scenario::Call& call, Purpose purpose);

  const World& world_;
  std::unique_ptr<scenario::Session> reference_;
  std::unique_ptr<scenario::Session> model_;
  Names names_;
  // What was made, with the reference's answers.
  struct Line {
    scenario::Call call;
    scenario::Session::Made made;
    bool any = false;  // the two answers are not equal, and yet say the same
  };
  std::vector<Line> made_;
  std::optional<Difference> beginning_;
  std::optional<std::string> given_up_;
  Counts counts_;
  std::uint64_t fingerprint_ = 0;
};

// How a world went.
struct Outcome {
  std::optional<Difference> difference;
  std::string scenario;                 // that ends with the difference; empty when there is none
  std::optional<std::string> given_up;  // as Run's
  Counts counts;
};

// Makes them in a new world and looks at it after each, until there is a difference or the world is
// given up.
Outcome MakeAll(const World& world, std::span<const Operation> operations);

// A shorter and simpler sequence that still fails, by leaving operations out and making their
// choices the simplest. `fails` is asked some hundred times.
std::vector<Operation> Shrink(std::vector<Operation> operations,
                              const std::function<bool(std::span<const Operation>)>& fails);

// The outcome of the shortest sequence that still has a difference. `seen` is what MakeAll said of
// `operations`; when it doesn't happen again `seen` is told as it was.
Outcome Shortest(const World& world, std::vector<Operation> operations, Outcome seen);

}  // namespace kvm_model::lockstep

#endif  // KVM_MODEL_TOOLS_LOCKSTEP_LOCKSTEP_H_
