import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command } from '@quickvirt/cluster';
import { buildGuestDisk, kernelPackage } from './guest.ts';

let work: string;
let disk: string;

/** A guest under software emulation, its serial console and monitor. */
class Guest {
  private qemu: ChildProcessWithoutNullStreams;
  private unread = '';
  private wake: () => void = () => undefined;
  readonly ended: Promise<number>;

  constructor(drives: string[]) {
    this.qemu = spawn('qemu-system-x86_64', [
      '-machine',
      'q35,accel=tcg',
      '-m',
      '128',
      '-display',
      'none',
      '-nodefaults',
      '-no-reboot',
      '-chardev',
      'stdio,id=c,mux=on,signal=off',
      '-serial',
      'chardev:c',
      '-mon',
      'chardev=c',
      ...drives,
    ]);
    this.ended = new Promise((resolve) => this.qemu.once('exit', (code) => resolve(code ?? 1)));
    this.qemu.stdout.setEncoding('latin1').on('data', (text: string) => {
      this.unread += text;
      this.wake();
    });
  }

  type(text: string): void {
    this.qemu.stdin.write(text);
  }

  async expect(pattern: RegExp, timeoutMs = 60_000): Promise<RegExpExecArray> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const match = pattern.exec(this.unread);
      if (match) {
        this.unread = this.unread.slice(match.index + match[0].length);
        return match;
      }
      if (Date.now() > deadline)
        throw new Error(
          `${String(pattern)} was not printed; the guest printed ${JSON.stringify(this.unread.slice(-500))}`,
        );
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, deadline - Date.now());
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  kill(): void {
    this.qemu.kill('SIGKILL');
  }
}

async function seed(userData: string): Promise<string> {
  const folder = mkdtempSync(join(work, 'seed-'));
  writeFileSync(join(folder, 'user-data'), userData);
  writeFileSync(join(folder, 'meta-data'), 'instance-id: test\nlocal-hostname: by-meta-data\n');
  const iso = `${folder}.iso`;
  await command(['xorriso', '-as', 'mkisofs', '-quiet', '-volid', 'cidata', '-joliet', '-rock', '-o', iso, folder]);
  return iso;
}

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'quickvirt-guest-test-'));
  mkdirSync(join(work, 'build'));
  disk = await buildGuestDisk(await kernelPackage(), join(work, 'build'));
}, 120_000);
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe('the guest', () => {
  test('reads its seed, gives a login and powers off on ACPI', async () => {
    const iso = await seed(
      '#cloud-config\nhostname: seeded\nuser: ann\npassword: secret\nruncmd:\n  - echo from-runcmd >/run/mark\n  - [sh, -c, "true"]\n',
    );
    const guest = new Guest([
      '-drive',
      `file=${disk},format=raw,if=virtio,snapshot=on`,
      '-drive',
      `file=${iso},format=raw,if=virtio,readonly=on`,
    ]);
    try {
      await guest.expect(/seeded login: ?$/, 90_000);
      guest.type('root\n');
      await guest.expect(/# ?$/);
      guest.type('cat /run/mark; id -un ann\n');
      await guest.expect(/from-runcmd\s+ann\s/);
      guest.type('\u0001c');
      await guest.expect(/\(qemu\) ?$/);
      guest.type('system_powerdown\n');
      expect(await guest.ended).toBe(0);
    } finally {
      guest.kill();
    }
  }, 150_000);

  test('boots from a SATA disk and reads a seed on SATA', async () => {
    const iso = await seed('#!/bin/sh\nhostname from-script\n');
    const guest = new Guest([
      '-device',
      'ahci,id=a',
      '-drive',
      `file=${disk},format=raw,if=none,id=d,snapshot=on`,
      '-device',
      'ide-hd,bus=a.0,drive=d',
      '-drive',
      `file=${iso},format=raw,if=none,id=s,readonly=on`,
      '-device',
      'ide-cd,bus=a.1,drive=s',
    ]);
    try {
      await guest.expect(/login: ?$/, 90_000);
      guest.type('root\n');
      await guest.expect(/# ?$/);
      guest.type('hostname\n');
      await guest.expect(/from-script\s/);
    } finally {
      guest.kill();
    }
  }, 150_000);
});
