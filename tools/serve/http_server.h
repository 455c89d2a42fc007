// HTTP around the Api: reads requests, lets them through the gate, writes answers.
//
// One request a connection. What a client may send is bounded by limits.h; nothing that it sends
// ends the process.
#ifndef KVM_MODEL_TOOLS_SERVE_HTTP_SERVER_H_
#define KVM_MODEL_TOOLS_SERVE_HTTP_SERVER_H_

#include <atomic>
#include <expected>
#include <string>

#include "httplib.h"
#include "tools/serve/api.h"

namespace kvm_model::serve {

class HttpServer final : private httplib::Server {
 public:
  explicit HttpServer(Api& api);

  // Listens at a numeric address; port 0 is any free one. The port, or in words why not.
  std::expected<int, std::string> Bind(const std::string& address, int port);
  // Answers requests until Stop, which any thread may call, and then those that are at work.
  void Serve();
  void Stop();

 private:
  bool process_and_close_socket(int socket) override;

  Api& api_;
  std::atomic<bool> stopping_ = false;
};

}  // namespace kvm_model::serve

#endif  // KVM_MODEL_TOOLS_SERVE_HTTP_SERVER_H_
