#include "tools/serve/gate.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"
#include "tools/cli/caps_format.h"
#include "tools/serve/limits.h"
#include "tools/serve/message.h"

namespace kvm_model::serve {
namespace {

bool IsAddress(const std::string& text) {
  in6_addr parsed;
  return inet_pton(AF_INET, text.c_str(), &parsed) == 1 ||
         inet_pton(AF_INET6, text.c_str(), &parsed) == 1;
}

// "127.0.0.1" of "127.0.0.1:8000", "::1" of "[::1]:8000"; empty where a bracket isn't closed.
std::string WithoutPort(std::string_view host) {
  const std::size_t end = host.find(']');
  if (host.starts_with('[')) {
    return end == std::string_view::npos ? "" : std::string(host.substr(1, end - 1));
  }
  return std::string(host.substr(0, host.find(':')));
}

// An address can't be pointed elsewhere, as a name can; localhost is no name of the network's.
bool IsOurs(std::string_view host) {
  const std::string name = WithoutPort(host);
  return name == "localhost" || IsAddress(name);
}

std::optional<Response> RefusedOrigin(const Request& request) {
  if (request.hosts.size() != 1 || !IsOurs(request.hosts.front())) {
    return ErrorResponse(421, "the Host header must name the server by its address");
  }
  if (request.origin.has_value() && *request.origin != "http://" + request.hosts.front()) {
    return ErrorResponse(403, "the request comes from another origin");
  }
  const bool foreign = request.fetch_site.has_value() && *request.fetch_site != "same-origin" &&
                       *request.fetch_site != "none";
  // A link to the page may stand anywhere; what it asks may not.
  if (foreign && request.target != "/") return ErrorResponse(403, "the request is another site's");
  return std::nullopt;
}

bool IsJson(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  const std::string trimmed(absl::StripAsciiWhitespace(std::string(type)));
  return absl::AsciiStrToLower(trimmed) == "application/json";
}

std::optional<Response> RefusedBody(const Request& request) {
  if (!IsJson(request.content_type.value_or(""))) {
    return ErrorResponse(415, "the Content-Type must be application/json");
  }
  if (request.coded) return ErrorResponse(415, "the body must not be encoded or chunked");
  std::uint64_t length = 0;
  if (!absl::SimpleAtoi(request.content_length.value_or(""), &length)) {
    return ErrorResponse(411, "the Content-Length must say how long the body is");
  }
  if (length > kMostBodyBytes) {
    return ErrorResponse(413, absl::StrFormat("the body may have %d bytes", kMostBodyBytes));
  }
  return std::nullopt;
}

}  // namespace

std::optional<Response> Refused(const Request& request) {
  if (std::optional<Response> refused = RefusedOrigin(request)) return refused;
  if (request.method == "GET") return std::nullopt;
  if (request.method == "POST") return RefusedBody(request);
  return ErrorResponse(405, "GET and POST are the only methods");
}

Response ErrorResponse(int status, std::string_view message) {
  return {status, "application/json", cli::Dump({{"error", message}})};
}

}  // namespace kvm_model::serve
