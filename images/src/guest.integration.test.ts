import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { guestPackages } from './guest-packages.ts';
import { buildGuestDisk } from './guest.ts';
import { baseImage } from './image-build.ts';
import { GuestVm, seedDisk, type GuestDisk } from './testing/guest-vm.ts';

const work = mkdtempSync(join(tmpdir(), 'quickvirt-guest-test-'));
const testTimeoutMs = 200_000;
let disk = '';
let vm: GuestVm | undefined;

beforeAll(async () => {
  disk = await buildGuestDisk(await guestPackages(await baseImage()), work);
}, testTimeoutMs);

afterEach(async () => vm?.end());
afterAll(() => rmSync(work, { recursive: true, force: true }));

async function boot(seed?: {
  files: Record<string, string>;
  format: 'iso9660' | 'vfat';
  bus: GuestDisk['bus'];
}): Promise<GuestVm> {
  const disks: GuestDisk[] = [{ path: disk, bus: 'virtio' }];
  if (seed) {
    const folder = mkdtempSync(join(work, 'seed-'));
    mkdirSync(join(folder, 'files'));
    for (const [name, text] of Object.entries(seed.files)) writeFileSync(join(folder, 'files', name), text);
    await seedDisk(join(folder, 'files'), join(folder, 'seed.img'), seed.format);
    disks.push({ path: join(folder, 'seed.img'), bus: seed.bus });
  }
  vm = new GuestVm(disks, mkdtempSync(join(work, 'vm-')));
  return vm;
}

describe('the guest', () => {
  test(
    'lets root in on the serial console without a seed, and switches off at its power button',
    async () => {
      const guest = await boot();
      await guest.logIn('root');
      expect(await guest.run('hostname')).toBe('guest');
      expect(await guest.run('cat /proc/sys/kernel/ostype')).toBe('Linux');
      await guest.powerOff();
    },
    testTimeoutMs,
  );

  test(
    'takes name, users and start commands from #cloud-config on a virtio disk',
    async () => {
      const guest = await boot({
        format: 'iso9660',
        bus: 'virtio',
        files: { 'meta-data': 'instance-id: i-1\nlocal-hostname: from-meta-data\n', 'user-data': cloudConfig },
      });
      await guest.logIn('jane', 'secret: yes');
      await guest.run(seedDone);
      expect(await guest.run('id -un')).toBe('jane');
      expect(await guest.run('hostname')).toBe('from-user-data');
      expect(await guest.run('cat /run/early')).toBe('first, of bootcmd');
      expect(await guest.run('cat /run/started')).toBe('one "quoted" $HOME\ntwo words\nmulti\nline');
      expect(await guest.run('cat /run/files/greeting')).toBe("it's hello");
    },
    testTimeoutMs,
  );

  test.each([
    { format: 'iso9660', bus: 'scsi-cdrom' },
    { format: 'vfat', bus: 'scsi' },
  ] as const)(
    'takes the name from JSON meta-data and runs a script: $format on $bus',
    async ({ format, bus }) => {
      const guest = await boot({
        format,
        bus,
        files: {
          'meta-data': '{"instance-id": "i-2", "local-hostname": "from-json"}',
          'user-data': '#!/bin/sh\necho "run as $(id -u)" >/run/started\n',
        },
      });
      await guest.logIn('root');
      await guest.run(seedDone);
      expect(await guest.run('hostname')).toBe('from-json');
      expect(await guest.run('cat /run/started')).toBe('run as 0');
    },
    testTimeoutMs,
  );
});

/** Start commands do not hold the login prompt up. */
const seedDone = 'until [ -e /run/seed/done ]; do sleep 0.1; done';

const cloudConfig = `#cloud-config
# a comment
hostname: from-user-data
users:
  - default
  - name: jane
    plain_text_passwd: "secret: yes"
    lock_passwd: false
    shell: /bin/sh
  - name: joe
bootcmd:
  - echo "first, of bootcmd" >/run/early
runcmd:
  - echo 'one "quoted" $HOME' >>/run/started
  - [sh, -c, 'echo "two words" >>/run/started']
  - |
    echo multi >>/run/started
    echo line >>/run/started
  - [mkdir, -p, /run/files]
  - [sh, -c, "echo \\"it's hello\\" >/run/files/greeting"]
`;
