// Who is let in to the server of kvmsim serve.
#include "tools/serve/gate.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "tools/serve/limits.h"
#include "tools/serve/message.h"

namespace kvm_model::serve {
namespace {

Request GetRequest() {
  Request request;
  request.method = "GET";
  request.target = "/";
  request.hosts = {"127.0.0.1:8100"};
  return request;
}

Request PostRequest() {
  Request request = GetRequest();
  request.method = "POST";
  request.target = "/api/run";
  request.content_type = "application/json";
  request.content_length = "2";
  return request;
}

// 0 for one that is let in.
int StatusOf(const Request& request) {
  const std::optional<Response> refused = Refused(request);
  return refused ? refused->status : 0;
}

int StatusOfHosts(std::vector<std::string> hosts) {
  Request request = GetRequest();
  request.hosts = std::move(hosts);
  return StatusOf(request);
}

TEST(GateTest, ThePageIsLetIn) {
  EXPECT_EQ(StatusOf(GetRequest()), 0);
  EXPECT_EQ(StatusOf(PostRequest()), 0);
}

TEST(GateTest, HostIsAnAddressOrLocalhost) {
  for (const char* host :
       {"127.0.0.1:1", "localhost:8100", "localhost", "[::1]:8100", "10.0.0.7"}) {
    EXPECT_EQ(StatusOfHosts({host}), 0) << host;
  }
  for (const char* host :
       {"example.com", "example.com:8100", "127.0.0.1.example.com:8100", "",
        "localhost.example.com", "[", "[::1", "[]", ":8100", "127.0.0.1 ", "LOCALHOST.x"}) {
    EXPECT_EQ(StatusOfHosts({host}), 421) << host;
  }
  EXPECT_EQ(StatusOfHosts({}), 421);
  EXPECT_EQ(StatusOfHosts({"127.0.0.1:1", "example.com"}), 421);
}

TEST(GateTest, AnOriginIsTheHost) {
  Request request = PostRequest();
  request.origin = "http://127.0.0.1:8100";
  EXPECT_EQ(StatusOf(request), 0);
  for (const char* origin :
       {"http://example.com", "null", "https://127.0.0.1:8100", "http://127.0.0.1:8101", ""}) {
    request.origin = origin;
    EXPECT_EQ(StatusOf(request), 403) << origin;
  }
}

TEST(GateTest, AnotherSiteMayLinkToThePageOnly) {
  Request request = GetRequest();
  request.fetch_site = "cross-site";
  EXPECT_EQ(StatusOf(request), 0);
  request.target = "/api/start";
  EXPECT_EQ(StatusOf(request), 403);
  request.fetch_site = "same-site";
  EXPECT_EQ(StatusOf(request), 403);
  request.fetch_site = "same-origin";
  EXPECT_EQ(StatusOf(request), 0);
}

TEST(GateTest, APostIsJsonOfAKnownLength) {
  for (const char* type : {"text/plain", "", "application/x-www-form-urlencoded", "application/jso",
                           "multipart/form-data; boundary=application/json"}) {
    Request request = PostRequest();
    request.content_type = type;
    EXPECT_EQ(StatusOf(request), 415) << type;
  }
  Request request = PostRequest();
  request.content_type = "Application/JSON ; charset=utf-8";
  EXPECT_EQ(StatusOf(request), 0);
  request.content_length = std::to_string(kMostBodyBytes);
  EXPECT_EQ(StatusOf(request), 0);
  request.content_length = std::to_string(kMostBodyBytes + 1);
  EXPECT_EQ(StatusOf(request), 413);
  for (const char* length : {"-1", "two", "99999999999999999999", ""}) {
    request.content_length = length;
    EXPECT_EQ(StatusOf(request), 411) << length;
  }
  request = PostRequest();
  request.coded = true;
  EXPECT_EQ(StatusOf(request), 415);
}

TEST(GateTest, OtherMethodsAreRefused) {
  for (const char* method : {"HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "get", ""}) {
    Request request = GetRequest();
    request.method = method;
    EXPECT_EQ(StatusOf(request), 405) << method;
  }
}

}  // namespace
}  // namespace kvm_model::serve
