"""The toolchain of each platform, for metadata."""

from typing import NamedTuple


class Toolchain(NamedTuple):
    """The programs that built a platform; empty ones are left out of the JSON."""

    as_: str
    cc: str
    cxx: str
    ld: str
    host: str
    target: str


_CC = "$(CC)"
_GCC = "/usr/bin/ccache /builds/gcc/bin/gcc -std=gnu99"
_GXX = "/usr/bin/ccache /builds/gcc/bin/g++ -std=gnu++11"
_CLANG = "/builds/clang/bin/clang -target x86_64-apple-darwin11"
_LINUX = "x86_64-pc-linux-gnu"
_WINDOWS = "x86_64-pc-mingw32"

_CL = ("cl.exe", "cl.exe", "link")
_CLANG_CL = ("clang-cl.exe", "clang-cl.exe", "lld-link.exe")
_NDK = ("arm-linux-androideabi-gcc", "arm-linux-androideabi-g++", "")

_TOOLCHAINS = {
    "linux-i686": Toolchain(_CC, f"{_GCC} -m32", f"{_GXX} -m32", "", _LINUX, "i686-pc-linux-gnu"),
    "linux-x86_64": Toolchain(_CC, _GCC, _GXX, "ldd", _LINUX, _LINUX),
    "linux-aarch64": Toolchain(_CC, "clang", "clang++", "", _LINUX, "aarch64-unknown-linux-gnu"),
    "mac": Toolchain(_CC, _CLANG, f"{_CLANG} -stdlib=libc++", "", _LINUX, "x86_64-apple-darwin"),
    "win32": Toolchain("ml.exe", *_CL, _WINDOWS, "i686-pc-mingw32"),
    "win64": Toolchain("ml64.exe", *_CL, _WINDOWS, _WINDOWS),
    "win64-aarch64": Toolchain("armasm64.exe", *_CLANG_CL, _LINUX, "aarch64-windows-mingw32"),
    "android": Toolchain(_CC, *_NDK, _LINUX, "arm-unknown-linux-androideabi"),
}


def toolchain_of(platform: str) -> Toolchain:
    """Return the toolchain of the nearest platform: ``win32-EME-free`` has that of ``win32``."""
    nearest = max((name for name in _TOOLCHAINS if platform.startswith(name)), key=len, default="")
    return _TOOLCHAINS[nearest or "android"]
