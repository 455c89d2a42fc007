// Prints docs/reference/hosts.md as it should be.
#include <iostream>

#include "tests/reference/hosts_page.h"

int main() {
  std::cout << kvm_model::RenderHostsPage();
  return 0;
}
