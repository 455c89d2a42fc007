#!/bin/sh
# Prints a C++ file that holds the given scenario files, for tools/cli/suite.h. Names start at the first path's "tests/".
set -eu
cat <<'HEADER'
#include <span>

#include "tools/cli/suite.h"

namespace kvm_model::cli {
namespace {

constexpr SuiteFile kFiles[] = {
HEADER
for file in "$@"; do
  printf '{"tests/%s", R"kvmt(' "${file#*tests/}"
  cat "$file"
  printf ')kvmt"},\n'
done
cat <<'FOOTER'
};

}  // namespace

std::span<const SuiteFile> BuiltInSuite() { return kFiles; }

}  // namespace kvm_model::cli
FOOTER
