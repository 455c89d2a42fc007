// What `kvmsim serve` starts: server ADDRESS PORT [FILE].
#include <malloc.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "tools/cli/exit_code.h"
#include "tools/cli/input_file.h"
#include "tools/cli/suite.h"
#include "tools/serve/api.h"
#include "tools/serve/http_server.h"
#include "tools/serve/limits.h"

namespace kvm_model::serve {
namespace {

int Fail(std::string_view message) {
  std::cerr << "kvmsim serve: " << message << "\n";
  return cli::kUsage;
}

// The file, or nothing and on stderr what is wrong with it.
std::optional<OpenedFile> Open(const std::string& path) {
  const auto scenarios = cli::LoadScenarios({path});
  if (!scenarios) {
    for (const std::string& error : scenarios.error()) Fail(error);
    return std::nullopt;
  }
  std::optional<std::string> text = cli::ReadInputFile(path);
  if (!text.has_value()) {
    Fail(path + ": the page opens one file: run takes folders");
    return std::nullopt;
  }
  if (text->size() > kMostBodyBytes) {
    Fail(absl::StrFormat("%s: the page opens files of at most %d bytes", path, kMostBodyBytes));
    return std::nullopt;
  }
  const std::string::size_type folder = path.rfind('/');
  return OpenedFile{folder == std::string::npos ? path : path.substr(folder + 1), *std::move(text)};
}

std::string UrlOf(const std::string& address, int port) {
  const bool v6 = address.find(':') != std::string::npos;
  return absl::StrFormat("http://%s:%d/", v6 ? "[" + address + "]" : address, port);
}

sigset_t EndingSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGHUP);
  return signals;
}

// Until a signal comes, or the server ends by itself.
void WaitForTheEnd(const sigset_t& signals, const std::atomic<bool>& ended) {
  constexpr timespec kSlice = {.tv_sec = 0, .tv_nsec = 200'000'000};
  while (!ended && sigtimedwait(&signals, nullptr, &kSlice) < 0) {
  }
}

int Serve(OpenedFile file, const std::string& address, int port) {
  // Each thread would keep what an answer took to itself.
  mallopt(M_ARENA_MAX, 2);
  std::signal(SIGPIPE, SIG_IGN);
  // Threads inherit it: the signals come to this one, when it waits for them.
  const sigset_t signals = EndingSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  Api api(std::move(file));
  HttpServer server(api);
  const auto bound = server.Bind(address, port);
  if (!bound) return Fail(bound.error());
  std::cout << UrlOf(address, *bound) << std::endl;
  std::atomic<bool> ended = false;
  std::thread serving([&server, &ended] {
    server.Serve();
    ended = true;
  });
  WaitForTheEnd(signals, ended);
  const bool by_signal = !ended;
  // A server that has only begun to listen doesn't hear the first call.
  while (!ended) {
    server.Stop();
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  serving.join();
  return by_signal ? cli::kAllAsExpected : Fail("connections can't be accepted any more");
}

int Main(const std::vector<std::string>& words) {
  int port = 0;
  if (words.size() < 2 || words.size() > 3 || !absl::SimpleAtoi(words[1], &port)) {
    return Fail("its program takes ADDRESS PORT [FILE]");
  }
  OpenedFile file;
  if (words.size() == 3) {
    std::optional<OpenedFile> opened = Open(words[2]);
    if (!opened) return cli::kUsage;
    file = *std::move(opened);
  }
  return Serve(std::move(file), words[0], port);
}

}  // namespace
}  // namespace kvm_model::serve

int main(int argc, char** argv) try {
  return kvm_model::serve::Main({argv + 1, argv + argc});
} catch (const std::bad_alloc&) {
  std::fputs("kvmsim serve: no memory is left\n", stderr);
  return kvm_model::cli::kUsage;
}
