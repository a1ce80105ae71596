import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { command } from './command.ts';

/** A program or file that the project needs on the machine, and Debian's package that brings it. */
interface Requirement {
  program: string;
  debianPackage: string;
}

/** What the whole project needs beside Node and Go, in Debian's and Ubuntu's names. */
export const requirements: readonly Requirement[] = [
  { program: 'podman', debianPackage: 'podman' },
  { program: 'runc', debianPackage: 'runc' },
  { program: 'mmdebstrap', debianPackage: 'mmdebstrap' },
  { program: '/usr/share/keyrings/debian-archive-keyring.gpg', debianPackage: 'debian-archive-keyring' },
  { program: 'iptables', debianPackage: 'iptables' },
  { program: 'nft', debianPackage: 'nftables' },
  { program: 'ip', debianPackage: 'iproute2' },
  { program: '/usr/lib/podman/netavark', debianPackage: 'netavark' },
  { program: '/usr/lib/podman/aardvark-dns', debianPackage: 'aardvark-dns' },
  { program: 'modprobe', debianPackage: 'kmod' },
  { program: 'cpio', debianPackage: 'cpio' },
  { program: 'lz4', debianPackage: 'lz4' },
  { program: 'syslinux', debianPackage: 'syslinux' },
  { program: 'mformat', debianPackage: 'mtools' },
  { program: 'xorriso', debianPackage: 'xorriso' },
  { program: 'tini', debianPackage: 'tini' },
  { program: 'setpriv', debianPackage: 'util-linux' },
  { program: 'libvirtd', debianPackage: 'libvirt-daemon' },
  { program: 'qemu-system-x86_64', debianPackage: 'qemu-system-x86' },
  { program: 'qemu-img', debianPackage: 'qemu-utils' },
];

/** The Debian packages of what `has` does not find. Pure. */
export function missingPackages(has: (program: string) => boolean): string[] {
  return [...new Set(requirements.filter(({ program }) => !has(program)).map(({ debianPackage }) => debianPackage))];
}

/** Whether a program is in PATH (or, with a slash, a file is there). Debian keeps some in sbin. */
export function hasProgram(program: string): boolean {
  if (program.includes('/')) return existsSync(program);
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/local/sbin'];
  return folders.some((folder) => existsSync(join(folder, program)));
}

/**
 * Installs what the machine lacks.
 * @param yes do not ask.
 * @throws with the command to run by hand when it may not or cannot install.
 */
export async function installSystemPackages(yes: boolean): Promise<void> {
  if (!hasProgram('go')) throw new Error('Go is missing: install Go 1.26 or newer and put it into PATH');
  const missing = missingPackages(hasProgram);
  if (missing.length === 0) return;
  const install = `apt-get update && apt-get install --no-install-recommends ${missing.join(' ')}`;
  if (process.getuid?.() !== 0 || !hasProgram('apt-get'))
    throw new Error(`this machine lacks ${missing.join(', ')}; as root: ${install}`);
  if (!yes && !(await confirm(`This machine lacks ${missing.join(', ')}. Install them with apt-get?`)))
    throw new Error(`stopped; by hand: ${install}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  console.log(`installing ${missing.join(', ')}`);
  await command(['apt-get', 'update', '--quiet'], { env });
  await command(['apt-get', 'install', '--yes', '--quiet', '--no-install-recommends', ...missing], { env });
}

async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`${question} [Y/n] `);
  terminal.close();
  return /^(y|yes|)$/i.test(answer.trim());
}
