"""The mutation tool sees every check of the tree: a new way of writing them is noticed here."""

import os
import sys
import unittest

import junit

import mutation
from check_lines import Source
from mutants import mutate
from tree import Tree

# Questions that decide a value or a branch, not whether the call ends: file, what the line holds.
OTHER_QUESTIONS = (
    ("arch/arm64/enable_cap.cc", "the architecture enables it on a VM"),
    ("arch/arm64/vm_types.cc", "is_protected_kvm_enabled()"),
    ("arch/generic/generic_arch.cc", "the architecture enables nothing on a VM"),
    ("arch/generic/generic_arch.cc", "the architecture enables nothing on a vCPU"),
    ("arch/mips/enable_cap.cc", "the architecture enables it on a vCPU"),
    ("arch/powerpc/enable_cap.cc", "cpu_has_feature(CPU_FTR_ARCH_300)"),
    ("arch/powerpc/enable_cap.cc", "the architecture enables nothing of that number on a VM"),
    ("arch/powerpc/enable_vcpu_cap.cc", "kvm_device_from_filp() is NULL"),
    ("arch/powerpc/enable_vcpu_cap.cc", "the architecture enables nothing of that number on a vCPU"),
    ("arch/s390/enable_cap.cc", "the architecture enables nothing of that number on a VM"),
    ("arch/s390/vm_types.cc", "CONFIG_KVM_S390_UCONTROL"),
    ("arch/x86/content_modes.cc", "kvm_arch_has_private_mem(kvm)"),
    ("arch/x86/enable_cap.cc", "a vCPU was created"),
    ("arch/x86/enable_cap.cc", "args[0] & KVM_BUS_LOCK_DETECTION_EXIT"),
    ("arch/x86/enable_cap.cc", "cap.args[0] & ~valid"),
    ("arch/x86/enable_cap.cc", "kvm_caps.has_bus_lock_exit"),
    ("arch/x86/enable_cap.cc", "the architecture enables it on a VM"),
    ("arch/x86/enable_cap.cc", "the architecture enables it on a vCPU"),
    ("arch/x86/enable_cap.cc", "the descriptor is not of /dev/sgx_provision"),
    ("arch/x86/enable_cap.cc", "the source is an active SEV guest"),
    ("kvm_model/capability.cc", "CONFIG_HAVE_KVM_DIRTY_RING_ACQ_REL"),
    ("kvm_model/capability.cc", "CONFIG_HAVE_KVM_DIRTY_RING_TSO"),
    ("kvm_model/capability.cc", "kvm_arch_has_private_mem(kvm)"),
    ("kvm_model/capability.cc", "the architecture's function has a case for it"),
    ("kvm_model/dirty_log.cc", "manual protection is enabled"),
    ("kvm_model/guest_memfd_conversion.cc", "kvm_arch_gmem_supported_content_modes(kvm) & mode"),
    ("kvm_model/memory_region.cc", "flags & ~valid"),
    ("kvm_model/supported.cc", "kvm_arch_gmem_supported_content_modes(kvm) != 0"),
    ("kvm_model/unhandled_ioctl.cc", "the ioctl is unknown here"),
    ("kvm_model/vm_file.cc", "flags & KVM_CREATE_DEVICE_TEST"),
)


class TreeTest(unittest.TestCase):
    def setUp(self):
        self.tree = Tree(os.path.dirname(os.path.realpath("WORKSPACE")))
        self.files = list(mutation.default_files(self.tree.root))

    def test_every_question_that_ends_a_call_is_found(self):
        unexplained, unused = [], set(OTHER_QUESTIONS)
        for file in self.files:
            lines = self.tree.lines(file)
            for number in Source(self.tree.text(file)).other_questions():
                entries = [e for e in OTHER_QUESTIONS if e[0] == file and e[1] in lines[number - 1]]
                unused -= set(entries)
                if not entries:
                    unexplained.append(f"{file}:{number}: {lines[number - 1].strip()}")
        self.assertEqual(unexplained, [])
        self.assertEqual(unused, set())

    def test_no_two_mutants_have_the_same_name(self):
        files = mutate({file: self.tree.text(file) for file in self.files})
        keys = [mutant.key() for file in files for mutant in file.mutants]
        self.assertGreater(len(keys), 500)
        self.assertEqual(len(keys), len(set(keys)))

    def test_each_listed_survivor_is_a_mutant(self):
        files = mutate({file: self.tree.text(file) for file in self.files})
        keys = {mutant.key() for file in files for mutant in file.mutants}
        survivors = mutation.read_survivors(self.tree.text(mutation.SURVIVORS))
        self.assertEqual(set(survivors) - keys, set())


if __name__ == "__main__":
    sys.exit(junit.run_unittests("check_lines"))
