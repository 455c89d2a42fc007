#include "tools/serve/http_server.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <exception>
#include <expected>
#include <optional>
#include <string>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_format.h"
#include "tools/serve/api.h"
#include "tools/serve/bounded_pool.h"
#include "tools/serve/bounded_stream.h"
#include "tools/serve/gate.h"
#include "tools/serve/limits.h"
#include "tools/serve/message.h"
#include "tools/serve/questions.h"

namespace kvm_model::serve {
namespace {

using std::chrono::milliseconds;

void ReuseAddress(int socket) {
  const int yes = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
}

// Why the address can't be bound: the library doesn't tell. 0 where it can.
int BindError(const addrinfo& address) {
  const int probe = socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return errno;
  const absl::Cleanup closed = [probe] { close(probe); };
  ReuseAddress(probe);
  const bool bound = bind(probe, address.ai_addr, address.ai_addrlen) == 0;
  return bound && listen(probe, 1) == 0 ? 0 : errno;
}

std::optional<std::string> WhyNotBound(const std::string& address, int port) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
    return absl::StrFormat("%s is no IP address", address);
  }
  const absl::Cleanup freed = [found] { freeaddrinfo(found); };
  const int error = BindError(*found);
  if (error == 0) return std::nullopt;
  return absl::StrFormat("%s, port %d: %s", address, port, std::strerror(error));
}

std::optional<std::string> HeaderOf(const httplib::Request& request, const char* name) {
  if (!request.has_header(name)) return std::nullopt;
  return request.get_header_value(name);
}

Request FromHttp(const httplib::Request& http) {
  Request request;
  request.method = http.method;
  request.target = http.target;
  for (std::size_t i = 0; i < http.get_header_value_count("Host"); ++i) {
    request.hosts.push_back(http.get_header_value("Host", i));
  }
  request.origin = HeaderOf(http, "Origin");
  request.fetch_site = HeaderOf(http, "Sec-Fetch-Site");
  request.content_type = HeaderOf(http, "Content-Type");
  request.content_length = HeaderOf(http, "Content-Length");
  request.coded = http.has_header("Transfer-Encoding") || http.has_header("Content-Encoding");
  return request;
}

// Between processes of one machine, compressing takes longer than it saves. Of ranges the library
// makes an answer of any length: each may ask for the whole.
void TakeAsIs(httplib::Request& request) {
  request.headers.erase("Accept-Encoding");
  request.headers.erase("Range");
  request.ranges.clear();
}

void ToHttp(Response response, httplib::Response& http) {
  http.status = response.status;
  http.set_content(std::move(response.body), response.content_type);
}

}  // namespace

HttpServer::HttpServer(Api& api) : api_(api) {
  httplib::Headers headers;
  for (const Header& each : ResponseHeaders()) {
    headers.emplace(std::string(each.name), std::string(each.value));
  }
  set_default_headers(std::move(headers));
  set_socket_options(ReuseAddress);
  set_tcp_nodelay(true);
  set_payload_max_length(kMostBodyBytes);
  new_task_queue = [] { return new BoundedPool(kMostConnections, kMostWaiting); };
  set_pre_routing_handler([this](const httplib::Request& http, httplib::Response& answer) {
    Request request = FromHttp(http);
    std::optional<Response> refused = Refused(request);
    // Its body is yet to be read.
    const bool asks = request.method == "POST" && FindQuestion(request.target) != nullptr;
    if (!refused && asks) return HandlerResponse::Unhandled;
    ToHttp(refused ? *std::move(refused) : api_.Answer(request), answer);
    return HandlerResponse::Handled;
  });
  Post(".*", [this](const httplib::Request& http, httplib::Response& answer,
                    const httplib::ContentReader& read) {
    Request request = FromHttp(http);
    const bool whole = read([&request](const char* bytes, std::size_t size) {
      if (size > kMostBodyBytes - request.body.size()) return false;
      request.body.append(bytes, size);
      return true;
    });
    ToHttp(whole ? api_.Answer(request) : ErrorResponse(400, "the body is not whole"), answer);
  });
  set_exception_handler(
      [](const httplib::Request&, httplib::Response& answer, const std::exception_ptr&) {
        ToHttp(ErrorResponse(500, "the answer could not be made"), answer);
      });
}

std::expected<int, std::string> HttpServer::Bind(const std::string& address, int port) {
  if (const std::optional<std::string> reason = WhyNotBound(address, port)) {
    return std::unexpected(*reason);
  }
  const int bound = port == 0 ? bind_to_any_port(address) : bind_to_port(address, port) ? port : -1;
  if (bound < 0) return std::unexpected(absl::StrFormat("%s can't be bound", address));
  return bound;
}

void HttpServer::Serve() { listen_after_bind(); }

void HttpServer::Stop() {
  stopping_ = true;
  stop();
}

bool HttpServer::process_and_close_socket(int socket) {
  const absl::Cleanup closed = [socket] { close(socket); };
  BoundedStream stream(socket, {.head = kMostHeadBytes, .body = kMostBodyBytes},
                       milliseconds(kMostTransferTime), stopping_);
  try {
    bool connection_closed = false;
    const bool answered = process_request(stream, true, connection_closed, TakeAsIs);
    constexpr milliseconds kGoodbye{500};
    stream.Drain(kGoodbye);
    return answered;
  } catch (const std::exception&) {
    // Nothing is left to tell the client with.
    return false;
  }
}

}  // namespace kvm_model::serve
