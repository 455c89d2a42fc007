#!/bin/sh
# Prints a C++ file that holds the given requirement lists, for tools/cli/requirements.h. A list's name is its file's,
# without .txt.
set -eu
cat <<'HEADER'
#include <span>

#include "tools/cli/requirements.h"

namespace kvm_model::cli {
namespace {

constexpr BuiltInRequirements kLists[] = {
HEADER
for file in "$@"; do
  printf '{"%s", R"list(' "$(basename "$file" .txt)"
  cat "$file"
  printf ')list"},\n'
done
cat <<'FOOTER'
};

}  // namespace

std::span<const BuiltInRequirements> BuiltInRequirementLists() { return kLists; }

}  // namespace kvm_model::cli
FOOTER
