#include "tools/cli/trace_file.h"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <istream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"
#include "tools/cli/caps_format.h"
#include "tools/scenario/answer.h"

namespace kvm_model::cli {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

// What is wrong with a line, caught where it is read.
class BadLine : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

const Json& Member(const Json& json, const std::string& name) {
  const auto found = json.find(name);
  if (found == json.end()) throw BadLine(absl::StrFormat("the field \"%s\" is missing", name));
  return *found;
}

[[noreturn]] void WrongKind(const std::string& name, std::string_view wanted) {
  throw BadLine(absl::StrFormat("the field \"%s\" is no %s", name, wanted));
}

std::string Text(const Json& json, const std::string& name) {
  const Json& member = Member(json, name);
  if (!member.is_string()) WrongKind(name, "text");
  return member.get<std::string>();
}

// Null is an empty text.
std::string TextOrNull(const Json& json, const std::string& name) {
  return Member(json, name).is_null() ? std::string() : Text(json, name);
}

template <typename T>
T Number(const Json& json, const std::string& name, T least, T most) {
  const Json& member = Member(json, name);
  if (!member.is_number_integer()) WrongKind(name, "whole number");
  const bool in_range =
      member.is_number_unsigned()
          ? member.get<std::uint64_t>() <= static_cast<std::uint64_t>(most)
          : member.get<std::int64_t>() >= 0 ||
                (least < T{0} && member.get<std::int64_t>() >= static_cast<std::int64_t>(least));
  if (!in_range || member.get<T>() < least) {
    throw BadLine(absl::StrFormat("the field \"%s\" is out of range", name));
  }
  return member.get<T>();
}

const Json& Object(const Json& json, const std::string& name) {
  const Json& member = Member(json, name);
  if (!member.is_object()) WrongKind(name, "object");
  return member;
}

Pairs PairsOf(const Json& json, const std::string& name) {
  Pairs pairs;
  for (const auto& [key, value] : Object(json, name).items()) {
    if (!value.is_object()) WrongKind(key, "object");
    pairs.emplace_back(key, Text(value, "text"));
  }
  return pairs;
}

constexpr std::uint64_t kAny = ~std::uint64_t{0};
constexpr int kMost = 1'000'000'000;

std::vector<TracedStep> TrailOf(const Json& json) {
  const Json& trail = Member(json, "trail");
  if (!trail.is_array()) WrongKind("trail", "array");
  std::vector<TracedStep> steps;
  for (const Json& step : trail) {
    if (!step.is_object()) throw BadLine("a step of \"trail\" is no object");
    steps.push_back({Number<int>(step, "depth", 0, kMost), Text(step, "function"),
                     Text(step, "kind"), Text(step, "text")});
  }
  return steps;
}

TracedCall FromJson(const Json& json) {
  if (!json.is_object()) throw BadLine("this is no JSON object");
  TracedCall call;
  call.seq = Number<std::uint64_t>(json, "seq", 1, kAny);
  call.file = Text(json, "file");
  call.line = Number<int>(json, "line", 1, kMost);
  call.backend = Text(json, "backend");
  const Json& process = Object(json, "process");
  call.process = Number<std::uint64_t>(process, "id", 0, kAny);
  call.process_name = Text(process, "name");
  call.call = Text(json, "call");
  call.name = Text(json, "name");
  call.arguments = PairsOf(json, "arguments");
  call.is_ioctl = !Member(json, "ioctl").is_null();
  if (call.is_ioctl) {
    const Json& ioctl = Object(json, "ioctl");
    call.ioctl_name = TextOrNull(ioctl, "name");
    call.ioctl_request = Number<std::uint64_t>(ioctl, "request", 0, kAny);
    call.ioctl_fd = Number<std::int64_t>(ioctl, "fd", INT32_MIN, INT32_MAX);
    call.struct_name = TextOrNull(ioctl, "struct");
    call.fields = PairsOf(ioctl, "fields");
  }
  const Json& answer = Object(json, "answer");
  call.answer = Text(answer, "text");
  call.answer_kind = Text(answer, "kind");
  if (const Json& value = Member(answer, "value"); !value.is_null()) {
    if (!value.is_number_integer()) WrongKind("value", "whole number");
    call.value = value.is_number_unsigned()
                     ? scenario::FormatPlainNumber(value.get<std::uint64_t>())
                     : value.dump();
  }
  call.error = TextOrNull(answer, "errno");
  call.answer_fields = PairsOf(answer, "fields");
  call.trail = TrailOf(json);
  call.left_out = Number<std::uint64_t>(json, "left_out", 0, kAny);
  return call;
}

TracedCall ParseLine(const std::string& line, bool ended) {
  const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) {
    throw BadLine(ended ? "this is no JSON" : "the trace breaks off in the middle of this line");
  }
  return FromJson(json);
}

// What a call with its decisions takes is far below.
constexpr std::size_t kLongestLine = std::size_t{64} << 20;

// As std::getline, but reads no more than a character beyond kLongestLine.
bool GetLine(std::istream& in, std::string& line) {
  line.clear();
  for (int c = in.get(); c != std::istream::traits_type::eof(); c = in.get()) {
    if (c == '\n') return true;
    line.push_back(static_cast<char>(c));
    if (line.size() > kLongestLine) return true;
  }
  return !line.empty();
}

}  // namespace

std::expected<void, std::string> ReadTrace(const std::string& name, std::istream& in,
                                           const std::function<void(const TracedCall&)>& each) {
  std::string line;
  int number = 0;
  std::uint64_t last = 0;
  while (GetLine(in, line)) {
    ++number;
    try {
      if (line.size() > kLongestLine) throw BadLine("the line is too long");
      const TracedCall call = ParseLine(line, !in.eof());
      if (call.seq <= last) throw BadLine("\"seq\" doesn't grow");
      last = call.seq;
      each(call);
    } catch (const BadLine& bad) {
      return std::unexpected(absl::StrFormat("%s:%d: %s", name, number, bad.what()));
    }
  }
  if (in.bad()) return std::unexpected(name + ": can't be read");
  if (number == 0) return std::unexpected(name + ":1: there is no call in it");
  return {};
}

}  // namespace kvm_model::cli
