#include "tools/revisions/replay.h"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "tools/backends/backend.h"
#include "tools/scenario/answer.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"
#include "tools/scenario/session.h"

namespace kvm_model::revisions {
namespace {

using scenario::ArgumentId;
using scenario::Call;
using scenario::CallId;
using scenario::CallRequest;
using scenario::Repeat;
using scenario::Session;
using scenario::Statement;

class Player {
 public:
  Player(const scenario::Scenario& played, scenario::Backend& backend)
      : session_(played.host, backend) {}

  void Play(const std::vector<Statement>& statements, std::optional<std::uint64_t> turn) {
    for (const Statement& statement : statements) {
      if (const auto* call = std::get_if<Call>(&statement.what)) {
        Make(*call, turn);
        continue;
      }
      const auto& repeat = std::get<Repeat>(statement.what);
      for (std::uint64_t i = 0; i < repeat.turns; ++i) Play(repeat.body, i);
    }
  }

  std::vector<Step> Steps() && { return std::move(steps_); }

 private:
  static std::optional<std::uint64_t> CapabilityOf(const Call& call, const CallRequest& request) {
    if (call.id != CallId::kCheckExtension) return std::nullopt;
    return request[ArgumentId::kCap];
  }

  void Make(const Call& call, std::optional<std::uint64_t> turn) {
    const std::expected<Session::Made, std::string> made = session_.Make(call, turn);
    if (!made) {
      steps_.push_back({&call, std::nullopt, std::nullopt, made.error()});
      return;
    }
    steps_.push_back({&call, CapabilityOf(call, made->request), made->answer,
                      FormatAnswer(made->answer, call.answer_domain, session_.names(),
                                   made->request[ArgumentId::kErrorOffset])});
  }

  Session session_;
  std::vector<Step> steps_;
};

}  // namespace

std::expected<std::vector<Step>, std::string> Replay(const scenario::Scenario& played,
                                                     scenario::Backend& backend) {
  if (std::optional<std::string> reason = backend.SkipReason(played)) {
    return std::unexpected(*std::move(reason));
  }
  const absl::Cleanup finish = [&backend] { backend.Finish(); };
  if (auto started = backend.Start(played); !started) {
    return std::unexpected(std::move(started).error());
  }
  Player player(played, backend);
  player.Play(played.statements, std::nullopt);
  return std::move(player).Steps();
}

}  // namespace kvm_model::revisions
