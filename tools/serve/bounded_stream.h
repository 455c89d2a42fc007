// The connection of one client, with bounds on its bytes and its time.
//
// The HTTP library reads lines and bodies of any length for as long as they come: here they end.
#ifndef KVM_MODEL_TOOLS_SERVE_BOUNDED_STREAM_H_
#define KVM_MODEL_TOOLS_SERVE_BOUNDED_STREAM_H_

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>

#include "httplib.h"

namespace kvm_model::serve {

// Reads one request of at most `most` in `time`, and writes for as long again from its first byte
// on; neither once `stopping` is set. What is past that fails as a connection does that broke.
class BoundedStream final : public httplib::Stream {
 public:
  // In bytes; the head ends with its empty line.
  struct Most {
    std::size_t head;
    std::size_t body;
  };
  // The socket stays the caller's.
  BoundedStream(int socket, Most most, std::chrono::milliseconds time,
                const std::atomic<bool>& stopping);

  bool is_readable() const override;
  bool is_writable() const override;
  ssize_t read(char* bytes, std::size_t size) override;
  ssize_t write(const char* bytes, std::size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  int socket() const override { return socket_; }

  // Gives the client the chance to read the answer: closing while unread bytes are there would
  // take it away.
  void Drain(std::chrono::milliseconds time);

 private:
  bool Wait(short events) const;
  // Sees where the head ends.
  void Follow(char byte);

  const int socket_;
  const Most most_;
  const std::chrono::milliseconds time_;
  // Of the head, then of the body.
  std::size_t left_;
  bool in_head_ = true;
  std::size_t ending_ = 0;  // So many of the bytes that end the head have come.
  bool answering_ = false;
  std::chrono::steady_clock::time_point end_;
  const std::atomic<bool>& stopping_;
};

}  // namespace kvm_model::serve

#endif  // KVM_MODEL_TOOLS_SERVE_BOUNDED_STREAM_H_
