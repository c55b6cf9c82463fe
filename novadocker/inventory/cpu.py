"""Pure: the kernel's words for what a CPU can become Placement's traits.

What takes a device that containers are not given (virtual machines, SGX) and
what guards against flaws of the CPU is left out: a server could not use it.
"""

from collections.abc import Collection
from collections.abc import Mapping

from novadocker import model

_PREFIX = 'HW_CPU_'

# By nova's Architecture: the kernel's word -> the trait behind HW_CPU_.
# :source: arch/x86/include/asm/cpufeatures.h, os_traits.hw.cpu.x86
_X86 = {
    **{
        word: f'X86_{word.replace("_", "").upper()}'
        for word in (
            *('3dnow', 'abm', 'amx_bf16', 'amx_int8', 'amx_tile', 'avx'),
            *('avx2', 'avx512_bitalg', 'avx512_vbmi2', 'avx512_vnni'),
            *('avx512_vpopcntdq', 'avx512bw', 'avx512cd', 'avx512dq'),
            *('avx512er', 'avx512f', 'avx512ifma', 'avx512pf', 'avx512vbmi'),
            *('avx512vl', 'bmi2', 'f16c', 'fma4', 'mmx', 'mpx', 'sse'),
            *('sse2', 'sse4_1', 'sse4_2', 'sse4a', 'ssse3', 'tbm', 'xop'),
        )
    },
    'aes': 'X86_AESNI',
    'bmi1': 'X86_BMI',
    'fma': 'X86_FMA3',
    'gfni': 'X86_AVX512GFNI',
    'pclmulqdq': 'X86_CLMUL',
    'pni': 'X86_SSE3',
    'rtm': 'X86_TSX',
    'sha_ni': 'X86_SHA',
    'vaes': 'X86_AVX512VAES',
    'vpclmulqdq': 'X86_AVX512VPCLMULQDQ',
}
# :source: Documentation/arch/arm64/elf_hwcaps.rst, os_traits.hw.cpu.aarch64
_AARCH64 = {
    word: f'AARCH64_{word.upper()}'
    for word in (
        *('aes', 'asimd', 'asimddp', 'asimdhp', 'asimdrdm', 'atomics'),
        *('cpuid', 'crc32', 'dcpop', 'evtstrm', 'fcma', 'fp', 'fphp'),
        *('jscvt', 'lrcpc', 'pmull', 'sha1', 'sha2', 'sha3', 'sha512'),
        *('sm3', 'sm4', 'sve'),
    )
}
_TRAITS: Mapping[str, Mapping[str, str]] = {
    'aarch64': _AARCH64,
    'x86_64': _X86,
}


_THREADS = 'HW_CPU_HYPERTHREADING'


def thread_traits(cpus: model.HostCpus) -> dict[str, bool]:
    """Say whether CPUs share a core, which thread policies are about.

    Nova asks for it only where it pins, so it is said only there.
    """
    return {_THREADS: bool(cpus.dedicated) and cpus.has_threads}


def traits(architecture: str, words: Collection[str]) -> dict[str, bool]:
    """Say which traits a host's CPU has: name -> present.

    :param architecture: as Nova calls it; one without a table has none
    :param words: what the kernel says that the CPU can
    """
    known = _TRAITS.get(architecture, {})
    return {
        f'{_PREFIX}{trait}': word in words for word, trait in known.items()
    }
