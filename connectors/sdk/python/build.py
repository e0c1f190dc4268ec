"""Makes a component of a connector that is written in Python.

    python <this file> --wit <folder of the contract's .wit files>      in the connector's folder

reads `connector.toml` and `src/connector.py`, and gives `build/<id>.wasm`. The abilities of the component are the classes
that stand in `src/connector.py` or are imported there: `Inbound`, `Outbound`, `Media`, `Profiles`, `Simulator`.

    python <this file> --wit <folder> --bindings <folder>

writes the contract's types as Python modules instead, for editors and for tests without a component.
"""

import argparse
import ast
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

SDK = Path(__file__).resolve().parent
# Class, interface in WIT, method with its arguments.
ABILITIES = {
    "Inbound": ("inbound", "receive", ["request", "context"]),
    "Outbound": ("outbound", "send", ["message", "context"]),
    "Media": ("media", "locate", ["attachment", "account", "context"]),
    "Profiles": ("profiles", "look_up", ["contact", "account", "thread", "context"]),
    "Simulator": ("simulator", "simulate", ["event", "url", "context"]),
}


class Mistake(Exception):
    """Something that the author can mend: what, and how."""

    def __init__(self, what, hint):
        super().__init__(f"{what}\n\nhint: {hint}")


def main():
    parser = argparse.ArgumentParser(description="Makes a component of a connector that is written in Python.")
    parser.add_argument("--wit", type=Path, required=True, help="the folder of the contract's .wit files")
    parser.add_argument("--bindings", type=Path, help="writes the contract's types there, and makes no component")
    options = parser.parse_args()
    try:
        if options.bindings:
            bindings(options.wit, options.bindings)
        else:
            component(options.wit, Path.cwd())
    except Mistake as mistake:
        sys.exit(f"error: {mistake}")


def component(contract, folder):
    """Builds the connector of that folder."""
    began = time.monotonic()
    manifest = read(folder / "connector.toml", "a connector has its manifest beside its source")
    name = identifier(manifest)
    found = abilities(folder / "src/connector.py")
    build = folder / "build"
    world(build / "wit", contract, [ABILITIES[ability][0] for ability in found])
    (build / "main").mkdir(parents=True, exist_ok=True)
    (build / "main/trunkline_main.py").write_text(entry(manifest, found), encoding="utf-8")
    part = build / f"{name}.wasm.part"
    paths = [option for path in (build / "main", folder / "src", SDK) for option in ("-p", str(path))]
    run(build / "wit", "componentize", "--stub-wasi", *paths, "trunkline_main", "-o", str(part))
    # Whoever watches the file never sees half of it.
    part.replace(build / f"{name}.wasm")
    size = (build / f"{name}.wasm").stat().st_size
    print(f"build/{name}.wasm: {', '.join(found)}; {size / 1e6:.1f} MB in {time.monotonic() - began:.1f} s")


def bindings(contract, target):
    """Writes the types of every ability to that folder."""
    wit = target / "wit"
    world(wit, contract, [interface for interface, _, _ in ABILITIES.values()])
    for stale in ("wit_world", "componentize_py_async_support"):
        shutil.rmtree(target / stale, ignore_errors=True)
    run(wit, "bindings", str(target))


def identifier(manifest):
    """The `id` of a manifest: a key at its top. The rest is looked at by the host."""
    top = re.split(r"^\s*\[", manifest, maxsplit=1, flags=re.MULTILINE)[0]
    found = re.search(r"""^id\s*=\s*(["'])([a-z][a-z0-9-]*)\1\s*(?:#.*)?$""", top, re.MULTILINE)
    if not found:
        raise Mistake("`connector.toml` has no `id`", '`id = "post"` at its top: small letters, digits and `-`')
    return found[2]


def abilities(source):
    """The classes of the source that are abilities, in the order of the contract."""
    text = read(source, "that is where the classes of a connector are")
    try:
        tree = ast.parse(text, source.name)
    except SyntaxError as error:
        raise Mistake(f"`src/connector.py` line {error.lineno}: {error.msg}", "Python says what it expected") from None
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    imported = [alias.asname or alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    found = [name for name in ABILITIES if name in classes or name in imported]
    if "Inbound" not in found:
        raise Mistake("`src/connector.py` has no class `Inbound`", "every connector has `class Inbound` with `receive`")
    for name in found:
        if name in classes:
            check(name, classes[name])
    return found


def check(name, node):
    """That a class without bases has the method that makes it an ability."""
    _, method, arguments = ABILITIES[name]
    methods = {child.name: child for child in node.body if isinstance(child, ast.FunctionDef)}
    signature = f"def {method}(self, {', '.join(arguments)})"
    if method not in methods:
        if not node.bases:
            raise Mistake(f"class `{name}` has no `{method}`", f"write `{signature}:`")
        return
    takes = methods[method].args
    if len(takes.posonlyargs + takes.args) != len(arguments) + 1:
        raise Mistake(f"`{name}.{method}` has other arguments than the contract", f"write `{signature}:`")


def world(folder, contract, interfaces):
    """Writes the world that exports these interfaces, beside a copy of the contract."""
    files = sorted(contract.glob("*.wit"))
    if not files:
        raise Mistake(f"no .wit files in `{contract}`", "`--wit` names the folder of the contract")
    shutil.rmtree(folder, ignore_errors=True)
    copy = folder / "deps/connector"
    copy.mkdir(parents=True)
    for file in files:
        shutil.copyfile(file, copy / file.name)
    package = re.search(r"^package ([^;@]+)(@[^;]+)?;", files[0].read_text(encoding="utf-8"), re.MULTILINE)
    if not package:
        raise Mistake(f"`{files[0]}` names no package", "`--wit` names the folder of the contract")
    name, version = package[1], package[2] or ""
    exports = "".join(f"  export {name}/{interface}{version};\n" for interface in ("about", *interfaces))
    (folder / "world.wit").write_text(f"package trunkline:python;\n\nworld channel {{\n{exports}}}\n", encoding="utf-8")


def entry(manifest, found):
    """The module that the component is made of: the manifest as text, and a class for each ability."""
    lines = ['"""Written by build.py."""', "", "import connector", "from trunkline import steps", ""]
    lines += ["", f"MANIFEST = {manifest!r}", "", ""]
    lines += ["class About:", "    def manifest(self):", "        return MANIFEST", ""]
    for name in found:
        _, method, arguments = ABILITIES[name]
        listed = ", ".join(arguments)
        lines += ["", f"class {name}:", f"    def {method}(self, {listed}):"]
        lines += [f"        return steps.{method}(connector.{name}(), {listed})", ""]
    return "\n".join(lines)


def run(wit, *arguments):
    """Runs componentize-py, and shows what it says only where it fails."""
    command = [sys.executable, "-c", "import sys, componentize_py; sys.exit(componentize_py.script())"]
    command += ["--quiet", "-d", str(wit), "-w", "channel", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == 0:
        return
    said = (done.stdout + done.stderr).strip()
    if "No module named 'componentize_py'" in said:
        raise Mistake("componentize-py is not installed for this Python", "install `requirements.txt` with pip")
    raise Mistake(f"componentize-py failed:\n{said}", "code outside of functions runs while the component is made")


def read(file, hint):
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise Mistake(f"cannot read `{file}`: {error.strerror}", hint) from None


if __name__ == "__main__":
    main()
