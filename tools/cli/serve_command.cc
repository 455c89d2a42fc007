#include "tools/cli/serve_command.h"

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "tools/cli/become_program.h"

namespace kvm_model::cli {
namespace {

struct ServeOptions {
  std::string file;
  std::string address = "127.0.0.1";
  int port = 8100;
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
  CLI::App* command = app.add_subcommand(
      "serve", "Gives a page on which a guest_memfd is touched and converted by hand.");
  const auto options = std::make_shared<ServeOptions>();
  command->add_option("FILE", options->file, "A scenario file (*.kvmt) that the page opens.");
  command->add_option("--address", options->address, "The IP address to listen at.")
      ->type_name("ADDRESS")
      ->capture_default_str();
  constexpr int kMostPort = 65535;
  command->add_option("--port", options->port, "The port; 0 takes one that is free.")
      ->type_name("N")
      ->check(CLI::Range(0, kMostPort))
      ->capture_default_str();
  command->callback([options, server, &err, &run] {
    run = [options, server, &err] { return BecomeServer(server, *options, err); };
  });
}

}  // namespace kvm_model::cli
