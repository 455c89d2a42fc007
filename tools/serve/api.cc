#include "tools/serve/api.h"

#include <array>
#include <new>
#include <span>
#include <string>
#include <string_view>

#include "absl/cleanup/cleanup.h"
#include "nlohmann/json.hpp"
#include "tools/cli/caps_format.h"
#include "tools/cli/embedded_file.h"
#include "tools/serve/gate.h"
#include "tools/serve/limits.h"
#include "tools/serve/message.h"
#include "tools/serve/page_files.h"
#include "tools/serve/questions.h"

namespace kvm_model::serve {
namespace {

using cli::Json;

constexpr auto kHeaders = std::to_array<Header>({
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
     "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Content-Type-Options", "nosniff"},
    {"Cache-Control", "no-store"},
});

std::string_view ContentTypeOf(std::string_view name) {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  return "text/javascript; charset=utf-8";
}

// The page's file; an empty text where there is none.
Response File(std::string_view target) {
  const std::string_view name = target == "/" ? "index.html" : target.substr(1);
  const std::string_view text = cli::TextOf(cli::ServedPage(), name);
  if (text.empty()) return ErrorResponse(404, "there is no such page");
  return {200, std::string(ContentTypeOf(name)), std::string(text)};
}

Response Start(const OpenedFile& file) {
  Json json;
  json["file"] = nullptr;
  if (!file.name.empty()) json["file"] = {{"name", file.name}, {"text", file.text}};
  json.update(Choices());
  return {200, "application/json", cli::Dump(json)};
}

}  // namespace

Response Api::Answer(const Request& request) try {
  if (request.method == "POST") return Asked(request);
  if (request.target == "/api/start") return Start(file_);
  if (FindQuestion(request.target) != nullptr) {
    return ErrorResponse(405, "this is asked with POST");
  }
  return request.target.starts_with('/') ? File(request.target)
                                         : ErrorResponse(404, "there is no such page");
} catch (const std::bad_alloc&) {
  return ErrorResponse(503, "no memory is left for this");
}

Response Api::Asked(const Request& request) {
  const Question question = FindQuestion(request.target);
  if (question == nullptr) return ErrorResponse(404, "there is no such question");
  const Json body = Json::parse(request.body, nullptr, false);
  if (!body.is_object()) return ErrorResponse(400, "the body must be a JSON object");
  if (!at_work_.try_acquire_for(kMostWaitForWork)) {
    return ErrorResponse(503, "the model is busy with other requests; ask again");
  }
  const absl::Cleanup done = [this] { at_work_.release(); };
  const Answered answer = question(body);
  if (!answer) return ErrorResponse(400, answer.error());
  return {200, "application/json", *answer};
}

std::span<const Header> ResponseHeaders() { return kHeaders; }

}  // namespace kvm_model::serve
