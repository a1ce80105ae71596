import { spawn, type ChildProcess } from 'node:child_process';
import { connect } from 'node:net';
import { join } from 'node:path';
import { command } from '@quickvirt/cluster';

/** A disk of the virtual machine, and how it is attached. */
export interface GuestDisk {
  path: string;
  bus: 'virtio' | 'scsi' | 'scsi-cdrom';
}

/** Software emulation on a loaded machine: boots take 5 s on an idle one. */
const bootTimeoutMs = 120_000;

/** The shell asks the terminal where its cursor is (ECMA-48, DSR 6). */
const cursorQuery = '\u001b[6n';

/** A guest under plain QEMU with software emulation, with its first serial port in the test's hands. */
export class GuestVm {
  readonly #process: ChildProcess;
  readonly #qmpPath: string;
  #console = '';
  #changed = new Set<() => void>();

  /** @param work folder for sockets. The first disk is booted. Disks stay as they are. */
  constructor(disks: readonly GuestDisk[], work: string) {
    this.#qmpPath = join(work, 'qmp.sock');
    const args = ['-machine', 'q35,accel=tcg', '-cpu', 'qemu64', '-m', '128', '-nodefaults', '-display', 'none'];
    args.push('-serial', 'stdio', '-qmp', `unix:${this.#qmpPath},server=on,wait=off`, '-snapshot');
    if (disks.some(({ bus }) => bus !== 'virtio')) args.push('-device', 'virtio-scsi-pci');
    for (const [index, { path, bus }] of disks.entries()) {
      const media = bus === 'scsi-cdrom' ? ',media=cdrom,readonly=on' : '';
      args.push('-drive', `if=none,id=disk${index},format=raw,file=${path}${media}`);
      const model = { virtio: 'virtio-blk-pci', scsi: 'scsi-hd', 'scsi-cdrom': 'scsi-cd' }[bus];
      args.push('-device', `${model},drive=disk${index}${index === 0 ? ',bootindex=1' : ''}`);
    }
    this.#process = spawn('qemu-system-x86_64', args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const take = (text: string): void => {
      this.#console += text;
      for (const look of this.#changed) look();
    };
    this.#process.stdout?.setEncoding('utf8').on('data', take);
    this.#process.stderr?.setEncoding('utf8').on('data', take);
    this.#process.once('close', () => take('\n(qemu has ended)\n'));
  }

  /** What the guest has printed since the last call that waited for something. */
  get console(): string {
    return this.#console.replaceAll('\r', '').replaceAll(cursorQuery, '');
  }

  /** Waits until the console shows it, and returns what came before and with it. @throws with the console's end. */
  async expect(pattern: RegExp, timeoutMs = bootTimeoutMs): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const look = (): void => {
      const text = this.console;
      const found = pattern.exec(text);
      if (found) {
        const end = found.index + found[0].length;
        this.#console = text.slice(end);
        resolve(text.slice(0, end));
      } else if (text.includes('(qemu has ended)')) {
        reject(new Error(`qemu ended before ${pattern} appeared:\n${text.slice(-2000)}`));
      }
    };
    const timer = setTimeout(
      () => reject(new Error(`no ${pattern} within ${timeoutMs} ms:\n${this.console.slice(-2000)}`)),
      timeoutMs,
    );
    this.#changed.add(look);
    look();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#changed.delete(look);
    }
  }

  /** Types a line. */
  type(line: string): void {
    this.#process.stdin?.write(`${line}\n`);
  }

  /** Runs a command in a logged-in shell and returns what it prints. */
  async run(line: string): Promise<string> {
    // What is typed is echoed, and wrapped, with the quotes in it; only the output joins the words.
    this.type(`echo "be""gin"; ${line}; echo "en""d:$?"`);
    await this.expect(/begin\n/, 20_000);
    return (await this.expect(/end:\d+\n/, 60_000)).replace(/end:\d+\n$/, '').trim();
  }

  /** Logs in at the prompt; a password only where the user has one. Resolves at the shell's prompt. */
  async logIn(user: string, password?: string): Promise<void> {
    await this.expect(/login: $/);
    this.type(user);
    if (password !== undefined) {
      await this.expect(/Password: $/, 30_000);
      this.type(password);
    }
    await this.expect(/[#$] $/, 30_000);
  }

  /** Presses the power button and waits until the guest has switched itself off. */
  async powerOff(timeoutMs = 60_000): Promise<void> {
    const ended = new Promise<boolean>((resolve) => this.#process.once('close', () => resolve(true)));
    const monitor = connect(this.#qmpPath);
    monitor.on('error', () => undefined); // it goes with QEMU
    monitor.write('{"execute":"qmp_capabilities"}{"execute":"system_powerdown"}');
    const late = AbortSignal.timeout(timeoutMs);
    const overdue = new Promise<false>((resolve) => late.addEventListener('abort', () => resolve(false)));
    const off = await Promise.race([ended, overdue]);
    monitor.destroy();
    if (!off) throw new Error(`the guest is still on ${timeoutMs} ms after its power button:\n${this.console}`);
  }

  /** Ends QEMU, whatever the guest does. */
  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const closed = new Promise((resolve) => this.#process.once('close', resolve));
    this.#process.kill('SIGKILL');
    await closed;
  }
}

/** A NoCloud seed of these files, as the launcher makes it (ISO 9660) or as mkfs.vfat does. */
export async function seedDisk(folder: string, path: string, format: 'iso9660' | 'vfat'): Promise<void> {
  if (format === 'iso9660') {
    await command(['xorriso', '-as', 'mkisofs', '-V', 'cidata', '-J', '-R', '-o', path, folder]);
    return;
  }
  const files = (await command(['find', folder, '-type', 'f'])).trim().split('\n');
  await command(['truncate', '--size=1M', path]);
  await command(['mformat', '-i', path, '-h', '64', '-s', '32', '-t', '1', '-v', 'CIDATA', '::']);
  await command(['mcopy', '-i', path, ...files, '::']);
}
