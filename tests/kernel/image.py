"""Makes the guest out of Debian's packages: its kernel, and a root with Python and the sample drivers."""

import lzma
import shutil
import tarfile
from pathlib import Path

from tests.kernel import cpio, debian

KERNEL = "vmlinux"
ROOT = "root.cpio"
STOCK_MODULES = ("vfio", "mdev/mdev")
SAMPLES = ("mtty", "mdpy", "mbochs")

_XZ = b"\xfd7zXZ\0"
_SAMPLE_FILES = {*(f"{name}.c" for name in SAMPLES), "mdpy-defs.h"}
# Never imported by the hook or the replay: the kernel has to unpack what is in the archive at each boot.
_UNUSED = (
    *("asyncio", "config-3.11*", "ctypes", "distutils", "email", "ensurepip", "http", "idlelib", "lib2to3"),
    *("lib-dynload/_codecs_*", "lib-dynload/_hashlib*", "lib-dynload/_sqlite3*", "lib-dynload/_ssl*"),
    *("multiprocessing", "pydoc_data", "sqlite3", "test", "tkinter", "turtledemo", "unittest", "wsgiref"),
    *("xml", "xmlrpc"),
)


def build(folder: Path) -> None:
    """Fills a folder with what `machine` boots; raises debian.DebianError. Takes a minute and 230 MB."""
    release = debian.kernel_release()
    work = folder / "work"
    debs = work / "debs"
    debian.download([*_kernel_packages(release), *debian.GUEST], debs)
    print(f"  building the drivers and the root for Linux {release}", flush=True)
    modules = _modules(release, debs, work)
    _write_kernel(work / f"kernel/boot/vmlinuz-{release}", folder / KERNEL)
    _write_root(_root(debs, work, modules), folder / ROOT)
    shutil.rmtree(work)


def _kernel_packages(release: str) -> list[str]:
    common = release.removesuffix("-amd64") + "-common"
    headers = [f"linux-headers-{release}", f"linux-headers-{common}", f"linux-kbuild-{debian.SERIES}"]
    return [f"linux-image-{release}", *headers, debian.SOURCE]


def _modules(release: str, debs: Path, work: Path) -> list[Path]:
    """The stock modules, in the order in which they load, and the drivers built for the same kernel."""
    vfio = f"./lib/modules/{release}/kernel/drivers/vfio"
    stock = [f"{vfio}/{name}.ko" for name in STOCK_MODULES]
    debian.unpack(f"linux-image-{release}", debs, work / "kernel", f"./boot/vmlinuz-{release}", *stock)
    drivers = _sources(debs, work)
    (drivers / "Makefile").write_text(f"obj-m := {' '.join(f'{name}.o' for name in SAMPLES)}\n")
    debian.run(["make", "-s", "-C", str(_headers(release, debs, work)), f"M={drivers}", "modules"])
    return [*(work / "kernel" / path for path in stock), *(drivers / f"{name}.ko" for name in SAMPLES)]


def _headers(release: str, debs: Path, work: Path) -> Path:
    """The packages that modules are built against, where their own Makefile finds them: not in /usr/src."""
    target = work / "headers"
    for package in _kernel_packages(release)[1:-1]:
        debian.unpack(package, debs, target)
    headers = target / "usr/src" / f"linux-headers-{release}"
    makefile = headers / "Makefile"
    makefile.write_text(makefile.read_text().replace("include /usr/src/", f"include {target}/usr/src/"))
    return headers


def _sources(debs: Path, work: Path) -> Path:
    """The sample drivers' sources, out of the kernel's."""
    debian.unpack(debian.SOURCE, debs, work / "source")
    target = work / "drivers"
    target.mkdir()
    missing = set(_SAMPLE_FILES)
    with tarfile.open(work / f"source/usr/src/{debian.SOURCE}.tar.xz", "r|xz") as archive:
        for member in archive:
            folder, _, name = member.name.rpartition("/")
            content = archive.extractfile(member) if name in missing else None
            if content and folder.endswith("/samples/vfio-mdev"):
                (target / name).write_bytes(content.read())
                missing.remove(name)
            if not missing:
                return target
    raise debian.DebianError(f"{debian.SOURCE} lacks samples/vfio-mdev/{sorted(missing)}")


def _write_kernel(packed: Path, target: Path) -> None:
    """The kernel unpacked: qemu starts the bare ELF, and unpacking under emulation would take seconds."""
    data = packed.read_bytes()
    target.write_bytes(lzma.LZMADecompressor(lzma.FORMAT_XZ).decompress(data[data.index(_XZ) :]))


def _root(debs: Path, work: Path, modules: list[Path]) -> Path:
    root = work / "root"
    for name in ("dev", "proc", "sys", "tmp", "usr/bin", "usr/lib", "usr/lib64", "modules"):
        (root / name).mkdir(parents=True)
    for name in ("bin", "lib", "lib64"):
        (root / name).symlink_to(f"usr/{name}")
    for package in debian.GUEST:
        debian.unpack(package, debs, root)
    for module in modules:
        debian.run(["strip", "-g", "-o", str(root / "modules" / module.name), str(module)])
    (root / "usr/bin/python3").symlink_to("python3.11")
    _trim(root)
    _compile(root)
    return root


def _trim(root: Path) -> None:
    for name in ("etc", "usr/share", "var", "usr/lib/x86_64-linux-gnu/gconv"):
        shutil.rmtree(root / name, ignore_errors=True)
    for pattern in _UNUSED:
        for path in (root / "usr/lib/python3.11").glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _compile(root: Path) -> None:
    """Compiles the standard library with the guest's own Python, for its root."""
    libraries = root / "usr/lib/x86_64-linux-gnu"
    python = [str(libraries / "ld-linux-x86-64.so.2"), "--library-path", str(libraries)]
    python += [str(root / "usr/bin/python3.11"), "-S", "-m", "compileall", "-q"]
    options = ["--invalidation-mode", "unchecked-hash", "-s", str(root), "-p", "/"]
    debian.run([*python, *options, str(root / "usr/lib/python3.11")], PYTHONHOME=str(root / "usr"))


def _write_root(root: Path, target: Path) -> None:
    with target.open("wb") as archive:
        cpio.pack(root, archive)
        cpio.pack_nodes(archive)
        cpio.finish(archive)
