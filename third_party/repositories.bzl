"""Every external repository of the offline build, under upstream's own names."""

load("//third_party:debian.bzl", "debian_package", "debian_peer", "debian_tool_repository")

# Repository name -> the BUILD file that lays upstream's labels over Debian's files.
_LIBRARIES = {
    "com_google_absl": ("absl", "libabsl-dev", "absl/base/config.h"),
    "com_google_googletest": ("googletest", "libgtest-dev", "gtest/gtest.h"),
    "com_github_google_benchmark": ("benchmark", "libbenchmark-dev", "benchmark/benchmark.h"),
    "nlohmann_json": ("nlohmann_json", "nlohmann-json3-dev", "nlohmann/json.hpp"),
    "cli11": ("cli11", "libcli11-dev", "CLI/CLI.hpp"),
    "cpp_httplib": ("cpp_httplib", "libcpp-httplib-dev", "httplib.h"),
    "rapidcheck": ("rapidcheck", "librapidcheck-dev", "rapidcheck.h"),
    "pugixml": ("pugixml", "libpugixml-dev", "pugixml.hpp"),
    "zlib": ("zlib", "zlib1g-dev", "zlib.h"),
}

# What the peers of a benchmark are made of. Nothing else needs them, and without a package its peer
# is left out: repository name -> (package, the folder that it lies in, a file there).
_PEERS = {
    "boost_icl": ("libboost-dev", "/usr/include", "boost/icl/interval_map.hpp"),
    "linux_source": ("linux-source-6.12", "/usr/src", "linux-source-6.12.tar.xz"),
    "llvm": ("llvm-16-dev", "/usr/lib/llvm-16", "include/llvm/ADT/IntervalMap.h"),
    "roaring": ("libroaring-dev", "/usr/include", "roaring/roaring.h"),
}

# What Bazel's built-in tools ask for, from the folders that Debian's packages install.
_TOOL_REPOSITORIES = {
    "rules_java": "/usr/share/bazel/rules/java",
    "rules_proto": "/usr/share/bazel/rules/proto",
    "platforms": "/usr/share/bazel/tools/platforms",
    "bazel_skylib": "/usr/share/bazel/tools/skylib",
}

def kvm_model_repositories(workspace = "@kvm_model"):
    """Declares every repository that the build needs, all of them local.

    Args:
      workspace: the repository that holds this file: "@kvm_model" from a dependent workspace too.
    """
    for name, path in _TOOL_REPOSITORIES.items():
        native.local_repository(name = name, path = path)
    for name, (folder, package, probe) in _LIBRARIES.items():
        debian_package(
            name = name,
            build_file = workspace + "//third_party/" + folder + ":debian.BUILD",
            package = package,
            probe = probe,
        )
    for name, (package, root, probe) in _PEERS.items():
        debian_peer(
            name = name,
            build_file = workspace + "//third_party/" + name + ":debian.BUILD",
            libraries = ["trees"] if name == "linux_source" else [],
            package = package,
            probe = probe,
            root = root,
        )
    debian_tool_repository(
        name = "rules_cc",
        files = {
            "cc/BUILD": workspace + "//third_party/rules_cc:cc.BUILD",
            "cc/defs.bzl": workspace + "//third_party/rules_cc:defs.bzl",
        },
    )
    debian_tool_repository(
        name = "remote_coverage_tools",
        files = {"BUILD": workspace + "//third_party/remote_coverage_tools:coverage.BUILD"},
    )
