#include "tools/serve/bounded_stream.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace kvm_model::serve {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

BoundedStream::BoundedStream(int socket, Most most, milliseconds time,
                             const std::atomic<bool>& stopping)
    : socket_(socket),
      most_(most),
      time_(time),
      left_(most.head),
      end_(steady_clock::now() + time),
      stopping_(stopping) {}

// In slices, to see `stopping_`.
bool BoundedStream::Wait(short events) const {
  constexpr milliseconds kSlice{100};
  while (!stopping_) {
    const auto left = std::chrono::duration_cast<milliseconds>(end_ - steady_clock::now());
    if (left <= milliseconds::zero()) return false;
    pollfd wanted = {.fd = socket_, .events = events, .revents = 0};
    const int ready = poll(&wanted, 1, static_cast<int>(std::min(left, kSlice).count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
  return false;
}

bool BoundedStream::is_readable() const { return Wait(POLLIN); }

bool BoundedStream::is_writable() const { return Wait(POLLOUT); }

// Of the head a byte at a time, which is how the library asks for it: so none of the body counts.
ssize_t BoundedStream::read(char* bytes, std::size_t size) {
  size = std::min({size, left_, in_head_ ? 1 : left_});
  if (size == 0 || !Wait(POLLIN)) return -1;
  const ssize_t got = recv(socket_, bytes, size, 0);
  if (got <= 0) return got;
  left_ -= static_cast<std::size_t>(got);
  if (in_head_) Follow(*bytes);
  return got;
}

void BoundedStream::Follow(char byte) {
  constexpr std::string_view kEnd = "\n\r\n";
  ending_ = byte == kEnd[ending_] ? ending_ + 1 : byte == '\n' ? 1 : 0;
  if (ending_ < kEnd.size()) return;
  in_head_ = false;
  left_ = most_.body;
}

ssize_t BoundedStream::write(const char* bytes, std::size_t size) {
  if (!answering_) end_ = steady_clock::now() + time_;
  answering_ = true;
  if (!Wait(POLLOUT)) return -1;
  return send(socket_, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
}

// Nobody asks who the client is.
void BoundedStream::get_remote_ip_and_port(std::string& ip, int& port) const {
  ip.clear();
  port = 0;
}

void BoundedStream::get_local_ip_and_port(std::string& ip, int& port) const {
  ip.clear();
  port = 0;
}

void BoundedStream::Drain(milliseconds time) {
  end_ = steady_clock::now() + time;
  shutdown(socket_, SHUT_WR);
  std::array<char, 4096> rest;
  while (Wait(POLLIN) && recv(socket_, rest.data(), rest.size(), 0) > 0) {
  }
}

}  // namespace kvm_model::serve
