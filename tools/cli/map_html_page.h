// The parts of the page of map_html.h that are the same for every scenario.
#ifndef KVM_MODEL_TOOLS_CLI_MAP_HTML_PAGE_H_
#define KVM_MODEL_TOOLS_CLI_MAP_HTML_PAGE_H_

#include <string_view>

namespace kvm_model::cli {

std::string_view MapPageStyle();   // The content of its <style>.
std::string_view MapPageBody();    // What stands below the heading.
std::string_view MapPageScript();  // The content of its <script>: reads the JSON of #steps.

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_MAP_HTML_PAGE_H_
