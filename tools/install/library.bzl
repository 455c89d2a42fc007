"""One archive of C++ libraries and all of this workspace that they are made of."""

load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")

def _is_own(file):
    return not file.short_path.startswith("../")

def _whole_library_impl(ctx):
    toolchain = find_cpp_toolchain(ctx)
    objects = []
    headers = []
    for dep in ctx.attr.deps:
        headers += [file for file in dep[CcInfo].compilation_context.headers.to_list() if _is_own(file)]
        for inputs in dep[CcInfo].linking_context.linker_inputs.to_list():
            for library in inputs.libraries:
                objects += [file for file in library.pic_objects or library.objects or [] if _is_own(file)]
    objects = depset(objects).to_list()
    archive = ctx.actions.declare_file("lib%s.a" % ctx.label.name)
    arguments = ctx.actions.args()
    # Appended: two objects may have the same name.
    arguments.add("qcsD", archive)
    arguments.add_all(objects)
    ctx.actions.run(
        executable = toolchain.ar_executable,
        arguments = [arguments],
        inputs = depset(objects, transitive = [toolchain.all_files]),
        outputs = [archive],
        mnemonic = "WholeLibrary",
    )
    listed = ctx.actions.declare_file("%s.headers.txt" % ctx.label.name)
    names = depset([file.short_path for file in headers]).to_list()
    ctx.actions.write(listed, "".join([name + "\n" for name in sorted(names)]))
    return [DefaultInfo(
        files = depset([archive, listed]),
        runfiles = ctx.runfiles(files = [archive, listed] + depset(headers).to_list()),
    )]

whole_library = rule(
    implementation = _whole_library_impl,
    doc = "lib<name>.a, with the objects of deps and of what they depend on in this workspace, and " +
          "<name>.headers.txt, the paths of their headers.",
    attrs = {
        "deps": attr.label_list(providers = [CcInfo]),
        "_cc_toolchain": attr.label(default = Label("@bazel_tools//tools/cpp:current_cc_toolchain")),
    },
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
)
