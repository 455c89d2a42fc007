// Writes the rendered pages into docs/reference/ of the workspace, or into the folder that is
// named.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include "tests/reference/pages.h"

int main(int argc, char** argv) {
  const char* const workspace = std::getenv("BUILD_WORKSPACE_DIRECTORY");
  if (argc > 2 || (argc < 2 && workspace == nullptr)) {
    std::cerr << "usage: render_pages FOLDER, or bazel run //tests/reference:render_pages\n";
    return 2;
  }
  const std::filesystem::path folder =
      argc == 2 ? std::filesystem::path(argv[1])
                : std::filesystem::path(workspace) / "docs" / "reference";
  for (const kvm_model::ReferencePage& page : kvm_model::RenderReferencePages()) {
    std::ofstream file(folder / page.file);
    file << page.text;
    if (!file.flush()) {
      std::cerr << (folder / page.file).string() << ": can't be written\n";
      return 1;
    }
  }
  return 0;
}
