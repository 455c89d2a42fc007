// A request and its answer, whatever carries them.
#ifndef KVM_MODEL_TOOLS_SERVE_MESSAGE_H_
#define KVM_MODEL_TOOLS_SERVE_MESSAGE_H_

#include <optional>
#include <string>
#include <vector>

namespace kvm_model::serve {

struct Request {
  std::string method;
  std::string target;              // "/api/run": the path, and the query where there is one.
  std::vector<std::string> hosts;  // Each Host header.
  std::optional<std::string> origin;
  std::optional<std::string> fetch_site;  // Sec-Fetch-Site.
  std::optional<std::string> content_type;
  std::optional<std::string> content_length;
  bool coded = false;  // Has a Transfer-Encoding or a Content-Encoding.
  std::string body;
};

struct Response {
  int status = 200;
  std::string content_type;
  std::string body;
};

}  // namespace kvm_model::serve

#endif  // KVM_MODEL_TOOLS_SERVE_MESSAGE_H_
