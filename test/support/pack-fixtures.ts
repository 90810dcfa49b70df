/** Packs written for tests: folders, git repositories with tags, and a wheel for their requirements. */
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Files of a pack by path; `pack.yaml` is written unless given. */
export type PackFiles = Readonly<Record<string, string>>;

/** Writes a pack with one Python action `show` that returns what `version` says. */
export async function writePack(folder: string, name: string, version: string, files: PackFiles = {}): Promise<void> {
  const all: PackFiles = {
    'pack.yaml': `name: ${name}\ndescription: a pack\nversion: ${version}\nauthor: tests\n`,
    'actions/show.yaml': 'name: show\nrunner_type: python-script\nentry_point: show.py\n',
    'actions/show.py': [
      'from st2common.runners.base_action import Action',
      'class Show(Action):',
      '    def run(self):',
      `        return "${version}"`,
      '',
    ].join('\n'),
    ...files,
  };
  for (const [file, text] of Object.entries(all)) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), text);
  }
}

/** Commits what the folder holds, in a repository there, and tags it. */
export function commitPack(folder: string, tag: string): void {
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
      stdio: 'pipe',
    });
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  git('commit', '--quiet', '--message', tag);
  git('tag', tag);
}

const WHEEL = `
import sys, zipfile
folder, name, version = sys.argv[1:]
info = "%s-%s.dist-info/" % (name, version)
with zipfile.ZipFile("%s/%s-%s-py3-none-any.whl" % (folder, name, version), "w") as wheel:
    wheel.writestr(name + ".py", "VERSION = %r\\n" % version)
    wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: %s\\nVersion: %s\\n" % (name, version))
    wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(info + "RECORD", "")
`;

/** Makes a wheel of a module that has its version in `VERSION`. */
export async function writeWheel(folder: string, name: string, version: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  execFileSync('python3', ['-c', WHEEL, folder, name, version]);
}
