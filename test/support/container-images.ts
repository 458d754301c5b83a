import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { withFileLock } from './file-lock.ts';
import { cacheDirectory } from './go-module.ts';
import { undoAtExit } from './leftovers.ts';
import type { NetworkNamespace } from './namespace.ts';
import { Program } from './program.ts';
import { TemporaryDirectory } from './temporary-directory.ts';

/** As Node calls an architecture, and as Debian and container images do. */
export const architectures = { x64: 'amd64', arm64: 'arm64' } as const;

export type Cpu = keyof typeof architectures;

/** What the Dockerfile runs, and what Node needs. The other packages of a slim Debian are left out. */
const debianPackages = 'base-files,bash,coreutils,dash,dpkg,findutils,grep,libc-bin,libstdc++6,sed';
const mergedFolders = '/usr/share/mmdebstrap/hooks/merged-usr'; // /bin is /usr/bin, as on each Debian 12

/** Runs a program to its end, for which it has ten minutes: it builds something. */
const run = (command: readonly string[]): Promise<string> => new Program(command).succeeds(600_000);

/** podman's own defaults are above what a root without CAP_SYS_RESOURCE may give. */
const limits = ['--ulimit', 'nofile=8192:8192', '--ulimit', 'nproc=8192:8192'];

/** Images and containers of a test, in a folder that goes with it. No registry is asked. */
export class ContainerStore implements AsyncDisposable {
  readonly #folder = new TemporaryDirectory();
  readonly #takeBack = undoAtExit(() => this.#unmount());
  /** The podman that works on this store. */
  readonly #podman = [
    ...['podman', '--root', this.#folder.file('store'), '--runroot', this.#folder.file('run')],
    ...['--cgroup-manager', 'cgroupfs', '--runtime', 'runc'],
  ];

  /** Builds an image by a Dockerfile on Debian 12, and returns its name. */
  async build(cpu: Cpu, dockerfile: string, context: string): Promise<string> {
    const architecture = architectures[cpu];
    const [base, image] = [`localhost/debian:12-${architecture}`, `localhost/weir:${architecture}`];
    await this.#run('import', '--arch', architecture, await debianFiles(architecture), base);
    const isolation = ['--isolation', 'chroot', '--pull=never', '--layers=false'];
    const what = ['--platform', `linux/${architecture}`, '--build-arg', `DEBIAN=${base}`];
    await this.#run('build', ...isolation, ...what, '--tag', image, '--file', dockerfile, context);
    return image;
  }

  /** Size of an image, unpacked. */
  async octetsOf(image: string): Promise<number> {
    return Number(await this.#run('image', 'inspect', '--format', '{{.Size}}', image));
  }

  /** Hands over the folder with the files of an image, as long as `look` runs. */
  async lookInto(image: string, look: (folder: string) => void): Promise<void> {
    const folder = (await this.#run('image', 'mount', image)).trim();
    try {
      look(folder);
    } finally {
      await this.#run('image', 'unmount', image);
    }
  }

  /**
   * The command that runs an image with a read-only root and no rights but those that `options` give.
   * @param network a namespace, without which it has none
   */
  runCommand(
    image: string,
    options: readonly string[],
    words: readonly string[],
    network?: NetworkNamespace,
  ): string[] {
    const confined = ['--read-only', '--read-only-tmpfs=false', '--cap-drop', 'ALL', ...limits];
    const place = network === undefined ? 'none' : `ns:${network.path}`;
    const safe = ['--security-opt', 'no-new-privileges', '--network', place];
    return [...this.#podman, 'run', '--rm', ...confined, ...safe, ...options, image, ...words];
  }

  /** The command that runs a program inside a container. */
  executeCommand(container: string, words: readonly string[]): string[] {
    return [...this.#podman, 'exec', container, ...words];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#run('rm', '--all', '--force').catch(() => {}); // the folder goes anyway
    this.#takeBack();
    this.#unmount();
    this.#folder[Symbol.dispose]();
  }

  /** podman leaves its folder of layers mounted on itself. */
  #unmount(): void {
    spawnSync('umount', ['--recursive', '--lazy', this.#folder.file('store/overlay')]);
  }

  #run(...words: readonly string[]): Promise<string> {
    return run([...this.#podman, ...words]);
  }
}

/** Debian's files in a tar file, made once a machine and kept beside the built servers. */
async function debianFiles(architecture: string): Promise<string> {
  const file = join(cacheDirectory, `debian-12-${architecture}.tar`);
  mkdirSync(dirname(file), { recursive: true });
  await withFileLock(`${file}.lock`, async () => {
    if (existsSync(file)) return;
    const unfinished = `${file}.unfinished`;
    const how = ['--variant=extract', '--skip=check/qemu', `--hook-directory=${mergedFolders}`];
    const what = [`--architectures=${architecture}`, `--include=${debianPackages}`, 'bookworm'];
    await run(['mmdebstrap', '--quiet', '--format=tar', ...how, ...what, unfinished]);
    renameSync(unfinished, file);
  });
  return file;
}

/** Programs of arm64 run on this machine, by emulation, until the end of the value. Root only. */
export function emulateArm64(): Disposable {
  const folder = new TemporaryDirectory();
  const name = `weir-test-${process.pid}`;
  const entry = folder.file(name);
  execFileSync('mount', ['-t', 'binfmt_misc', 'binfmt_misc', folder.path]);
  // The kernel knows an ELF file of arm64 by this. F: it opens the emulator now, so containers need none.
  const magic = `\\x7fELF\\x02\\x01\\x01${'\\x00'.repeat(9)}\\x02\\x00\\xb7\\x00`;
  const mask = `${'\\xff'.repeat(7)}\\x00${'\\xff'.repeat(8)}\\xfe\\xff\\xff\\xff`;
  const emulator = execFileSync('which', ['qemu-aarch64-static'], { encoding: 'utf8' }).trim();
  writeFileSync(folder.file('register'), `:${name}:M::${magic}:${mask}:${emulator}:F`);
  const undo = () => {
    writeFileSync(entry, '-1');
    execFileSync('umount', [folder.path]);
  };
  const takeBack = undoAtExit(undo);
  return {
    [Symbol.dispose]: () => {
      takeBack();
      undo();
      folder[Symbol.dispose]();
    },
  };
}
