#include "tools/cli/serve_command.h"

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "tools/cli/become_program.h"
#include "tools/cli/options.h"

namespace kvm_model::cli {
namespace {

struct ServeOptions {
  std::string file;
  std::string address = "127.0.0.1";
  unsigned port = 8100;
};

// Returns only where the server can't be started.
int BecomeServer(const std::string& server, const ServeOptions& options, std::ostream& err) {
  std::vector<std::string> words = {options.address, std::to_string(options.port)};
  if (!options.file.empty()) words.push_back(options.file);
  return BecomeProgram({"serve", "server", "//tools/serve:server"}, server, words, err);
}

}  // namespace

void AddServeCommand(CLI::App& app, const std::string& server, std::ostream& err,
                     std::function<int()>& run) {
  CLI::App& command = AddCommand(
      app, "serve", "Gives a page on which a guest_memfd is touched and converted by hand.");
  const auto options = std::make_shared<ServeOptions>();
  AddOption(command, "FILE", options->file, "A scenario file (*.kvmt) that the page opens.");
  AddOption(command, "--address", options->address, "The IP address to listen at.")
      .ValueName("ADDRESS")
      .ShowDefault();
  constexpr unsigned kMostPort = 65535;
  AddOption(command, "--port", options->port, "The port; 0 takes one that is free.")
      .ValueName("N")
      .Between(0, kMostPort)
      .ShowDefault();
  SetAction(command, run, [options, server, &err] { return BecomeServer(server, *options, err); });
}

}  // namespace kvm_model::cli
