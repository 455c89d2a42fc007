#!/bin/sh
# embed.sh HEADER FUNCTION PREFIX SUFFIX FILE...: prints a C++ file that defines the FUNCTION that HEADER declares, with the given
# files in it. A file's name is its path without PREFIX and SUFFIX.
set -eu
header=$1 function=$2 prefix=$3 suffix=$4
shift 4
cat <<TOP
#include "$header"

#include <span>
#include <string_view>

#include "tools/cli/embedded_file.h"

namespace kvm_model::cli {
namespace {

// The compiler takes the lengths as they are, and counts no characters.
using namespace std::string_view_literals;

constexpr EmbeddedFile kFiles[] = {
TOP
for file in "$@"; do
  name=${file#"$prefix"}
  printf '{"%s"sv, R"embedded(' "${name%"$suffix"}"
  cat "$file"
  printf ')embedded"sv},\n'
done
cat <<BOTTOM
};

}  // namespace

std::span<const EmbeddedFile> $function() { return kFiles; }

}  // namespace kvm_model::cli
BOTTOM
