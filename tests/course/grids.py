"""Pictures that are tables of answers, each answer asked of the model."""

from drawing import MARGIN, WIDTH, Drawing

ROW = 30
VM_TYPES = ("DEFAULT", "SW_PROTECTED", "SEV", "SEV_ES", "SNP", "TDX")


def _cell(drawing, kind, x, y, width, words, size=13):
    drawing.box(kind, x, y, width - 3, ROW - 3, 3)
    drawing.text(x + (width - 3) / 2, y + 18, words, "strong", size, "middle")


def _heads(drawing, left, width, heads, size=12):
    """The columns' heads, each of one or two lines; returns where the rows begin."""
    y = drawing.bottom + 14
    for index, lines in enumerate(heads):
        for number, words in enumerate(lines):
            x = left + index * width + width / 2
            drawing.text(x, y + 15 * number, words, "faint" if number else "strong", size, "middle")
    return y + 15 * max(len(lines) for lines in heads) - 4


def capability(kvmsim):
    """Four questions to a VM: what each answer is, and how it is read."""
    rows = (
        (234, "yes or no", "it is there"),
        (10, "a count", "so many memslots"),
        (244, "bits", ""),
        (1000, "nobody knows it", "0 is no error"),
    )
    drawing = Drawing(
        "Four questions and how their answers are read",
        "A program asks a VM for four capabilities with KVM_CHECK_EXTENSION.",
    )
    drawing.box("raised", MARGIN, MARGIN, WIDTH - 2 * MARGIN, 34, 4)
    drawing.text(WIDTH / 2, 34, "ioctl(vm, KVM_CHECK_EXTENSION, number)", "strong", 13, "middle")
    drawing.arrow(WIDTH / 2, 48, 68)
    y = 78
    for number, kind, meaning in rows:
        answer = kvmsim.capability(number, "--vm-type", "SW_PROTECTED")
        name = answer["name"] or "no such capability"
        drawing.text(MARGIN, y + 18, str(number), "strong")
        drawing.text(MARGIN + 50, y + 18, name, "", 12)
        _cell(drawing, "shared" if answer["value"] else "raised", 340, y, 92, str(answer["value"]))
        read = meaning or " and ".join(
            f"{1 << bit} {flag}" for bit, flag in enumerate(answer["flags"])
        )
        drawing.text(MARGIN + 50, y + 36, f"{kind}: {read}", "faint", 12)
        y += 56
    return drawing.svg()


def scope(kvmsim):
    """What /dev/kvm answers to four questions, and what VMs of each type do."""
    numbers = (234, 244, 249, 250)
    left, width = 122, 78
    drawing = Drawing(
        "The same four questions to /dev/kvm and to a VM of each type",
        "A table. Answers of a VM that differ from those of /dev/kvm are hatched.",
    )
    words = ("file", "flags", "PRIVATE", "modes")
    heads = [(str(number), word) for number, word in zip(numbers, words)]
    y = _heads(drawing, left, width, heads)
    general = [kvmsim.capability(number, "--scope", "system")["value"] for number in numbers]
    drawing.text(MARGIN, y + 18, "/dev/kvm", "strong")
    for index, value in enumerate(general):
        _cell(drawing, "raised", left + index * width, y, width, str(value))
    y += ROW + 8
    for vm_type in VM_TYPES:
        drawing.text(MARGIN, y + 18, vm_type)
        for index, number in enumerate(numbers):
            value = kvmsim.capability(number, "--vm-type", vm_type)["value"]
            kind = "shared" if value == general[index] else "private"
            _cell(drawing, kind, left + index * width, y, width, str(value))
        y += ROW
    drawing.box("shared", MARGIN, y + 10, 14, 14)
    drawing.text(MARGIN + 22, y + 22, "as /dev/kvm says", "faint", 12)
    drawing.box("private", 190, y + 10, 14, 14)
    drawing.text(212, y + 22, "otherwise: ask the VM", "faint", 12)
    return drawing.svg()


def modes(kvmsim):
    """What each VM type answers to a conversion, by direction and mode."""
    columns = [
        (attributes, mode)
        for attributes in ("0", "PRIVATE")
        for mode in ("0", "ZERO", "PRESERVE")
    ]
    left, width = 118, 53
    drawing = Drawing(
        "Which conversions a VM of each type accepts, by direction and mode",
        "A table of VM types and modes; yes where the conversion answers 0, otherwise its errno.",
    )
    drawing.text(left + 1.5 * width, 26, "to shared", "strong", 13, "middle")
    drawing.text(left + 4.5 * width, 26, "to private", "strong", 13, "middle")
    y = _heads(drawing, left, width, [(mode,) for mode in ("none", "ZERO", "PRESERVE") * 2], 10)
    for vm_type in VM_TYPES:
        calls = "".join(
            f"set_memory_attributes2(gmem, 0, 1p, {attributes}, {mode}) -> any\n"
            for attributes, mode in columns
        )
        records = kvmsim.calls(
            f"host x86 rfc-v4\nkvm = open()\nvm = create_vm(kvm, {vm_type})\n"
            f"gmem = create_guest_memfd(vm, 8p)\n{calls}"
        )
        drawing.text(MARGIN, y + 18, vm_type, "", 12)
        for index, record in enumerate(records[3:]):
            errno = record["answer"]["errno"]
            words = {None: "yes", "EOPNOTSUPP": "no", "EINVAL": "EINVAL"}[errno]
            kind = "shared" if errno is None else "private" if errno == "EOPNOTSUPP" else "raised"
            _cell(drawing, kind, left + index * width, y, width, words, 12)
        y += ROW
    for kind, words in (
        ("shared", "yes: the conversion answers 0"),
        ("private", "no: EOPNOTSUPP, this VM can't do that to bytes"),
        ("raised", "EINVAL: this VM has no private memory"),
    ):
        drawing.box(kind, MARGIN, y + 8, 14, 14)
        drawing.text(MARGIN + 22, y + 20, words, "faint", 12)
        y += 20
    return drawing.svg()


ARCHITECTURES = ("x86", "arm64", "riscv", "s390", "powerpc", "loongarch", "mips")
SHARED_PART = "kvm_vm_ioctl_check_extension_generic"
OWN_PART = "kvm_vm_ioctl_check_extension"


def _asks_the_architecture(record):
    """Whether the answer went through the architecture's own function or one of its hooks."""
    return any(
        step["function"] == OWN_PART or "kvm_arch_" in step["text"] for step in record["trail"]
    )


def architectures(kvmsim):
    """What a VM of each architecture answers, and whether its own code was asked."""
    asked = (
        ("KVM_CAP_NR_MEMSLOTS", "memslots", "10"),
        ("KVM_CAP_MAX_VCPUS", "vCPUs", "66"),
        ("KVM_CAP_GUEST_MEMFD", "file", "234"),
        ("KVM_CAP_MEMORY_ATTRIBUTES2_FLAGS", "modes", "250"),
    )
    left, width = 102, 82
    drawing = Drawing(
        "Who answers: the part that all architectures share, or the architecture's own",
        "A table of seven architectures and four capabilities, asked of a VM of type DEFAULT.",
    )
    drawing.box("shared", MARGIN, MARGIN, WIDTH - 2 * MARGIN, 32)
    drawing.text(WIDTH / 2, 32, SHARED_PART + "()", "strong", 13, "middle")
    drawing.arrow(WIDTH / 2, 46, 62)
    drawing.box("private", MARGIN, 64, WIDTH - 2 * MARGIN, 32)
    drawing.text(WIDTH / 2, 84, OWN_PART + "(), kvm_arch_*()", "strong", 13, "middle")
    y = _heads(drawing, left, width, [(number, words) for _, words, number in asked])
    calls = "".join(f"check_extension(vm, {name}) -> any\n" for name, _, _ in asked)
    for arch in ARCHITECTURES:
        records = kvmsim.calls(f"host {arch} rfc-v4\nkvm = open()\nvm = create_vm(kvm)\n{calls}")
        drawing.text(MARGIN, y + 18, arch)
        for index, record in enumerate(records[2:]):
            kind = "private" if _asks_the_architecture(record) else "shared"
            _cell(drawing, kind, left + index * width, y, width, str(record["answer"]["value"]))
        y += ROW
    for words in (
        "Hatched: the architecture's own code was asked. Five",
        "are built without guest_memfd, and their code says 0.",
    ):
        y += 16
        drawing.text(MARGIN, y, words, "faint", 12)
    return drawing.svg()
