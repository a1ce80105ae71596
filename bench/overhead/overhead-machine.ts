import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { VirtualMachineInstance } from '@quickvirt/api';
import { domainConfigFrom } from '@quickvirt/config';
import { convertVmiToDomainXml, domainName, efiImages, type DomainFacts } from '@quickvirt/domain-xml';
import { Hypervisor } from '@quickvirt/libvirt';
import { startLauncher } from '../../apps/virt-launcher/src/testing/launcher-process.ts';
import { buildGuestDisk } from '../../images/src/guest.ts';
import { guestPackages } from '../../images/src/guest-packages.ts';
import { baseImage } from '../../images/src/image-build.ts';
import { seedDisk } from '../../images/src/testing/guest-vm.ts';
import { overheadConfig, overheadGuestMiB } from '../../packages/launcher-pod/src/testing/overhead-guests.ts';
import { startSessionLibvirtd, type SessionLibvirtd } from '../../packages/libvirt/src/testing/session-libvirtd.ts';
import { bundleApp } from '../../tools/bundle.ts';
import { heldKiB, processMemory, type HeldMemory } from './process-memory.ts';

/** What a guest's QEMU held at most under stress, and while the guest started once more. */
export interface QemuMemory extends HeldMemory {
  restartKiB: number;
}

/** The user that libvirtd and QEMU run as. */
const NOBODY = 65534;
/** The options of the image's ENTRYPOINT. */
const NODE_OPTIONS = ['--v8-pool-size=0', '--max-semi-space-size=1'];
const VIRTIOFSD = '/usr/lib/qemu/virtiofsd';
const SAMPLE_MS = 20;
const GUEST_TIMEOUT_MS = 1_200_000;
/** virDomainUndefineFlagsValues: with the variable store of UEFI. */
const WITH_NVRAM = 4;

/**
 * Touches most of the guest's RAM, and meanwhile reads every disk and writes those that are empty, several requests at a
 * time, so that QEMU's pools of threads and buffers are as large as they get. Then starts again: what QEMU sets up while
 * firmware and kernel find their devices comes on top of all that.
 */
const STRESS = `#!/bin/sh
mount -t vfat /dev/vda /mnt
[ -e /mnt/second ] || echo overhead-stress-begins >/dev/console
mkdir -p /fill && mount -t tmpfs -o size=60% fill /fill
dd if=/dev/zero of=/fill/a bs=1M 2>/dev/null &
for disk in /dev/vd? /dev/sd?; do
	[ -b "$disk" ] || continue
	for part in 0 4 8 12; do dd if="$disk" of=/dev/null bs=256k skip=$((part * 4)) count=64 2>/dev/null & done
	case $disk in /dev/vda | /dev/vdb) ;; *) dd if=/dev/zero of="$disk" bs=256k count=128 2>/dev/null & ;; esac
done
wait
if [ -e /mnt/second ]; then
	echo overhead-stress-done >/dev/console
else
	echo overhead-restart >/dev/console
	touch /mnt/second
	umount /mnt
	reboot -f
fi
`;

const isForEveryone = (path: string): boolean => existsSync(path) && (statSync(path).mode & 0o006) === 0o006;

/** RAM in a memfd counts as shared memory: what is anonymous is QEMU's own, and cheap to read often. */
const withSharedRam = (xml: string): string =>
  xml.includes('<memoryBacking>')
    ? xml
    : xml.replace('<vcpu', '<memoryBacking><source type="memfd"/><access mode="shared"/></memoryBacking><vcpu');

/** The machine that the benchmark runs on: one libvirtd, one guest at a time. */
export class OverheadMachine {
  readonly #work: string;
  readonly #disk: string;
  readonly #seed: string;
  readonly #daemon: SessionLibvirtd;
  readonly #hypervisor: Hypervisor;

  private constructor(work: string, disk: string, daemon: SessionLibvirtd, hypervisor: Hypervisor) {
    this.#work = work;
    this.#disk = disk;
    this.#seed = join(work, 'seed.iso');
    this.#daemon = daemon;
    this.#hypervisor = hypervisor;
  }

  /** Makes the guest's disk and its seed, and starts libvirtd. */
  static async start(): Promise<OverheadMachine> {
    if (process.getuid?.() !== 0)
      throw new Error('run it as root: it makes tap devices and steps down to another user');
    const work = mkdtempSync(join(tmpdir(), 'qvo-'));
    chmodSync(work, 0o755);
    const disk = await buildGuestDisk(await guestPackages(await baseImage()), work);
    const seed = join(work, 'seed');
    mkdirSync(seed);
    writeFileSync(join(seed, 'meta-data'), 'instance-id: overhead\nlocal-hostname: overhead\n');
    writeFileSync(join(seed, 'user-data'), STRESS);
    await seedDisk(seed, join(work, 'seed.iso'), 'iso9660');
    chownSync(join(work, 'seed.iso'), NOBODY, NOBODY);
    const daemon = await startSessionLibvirtd();
    const hypervisor = await Hypervisor.open({ socketPath: daemon.socketPath, uri: 'qemu:///session' });
    return new OverheadMachine(work, disk, daemon, hypervisor);
  }

  async stop(): Promise<void> {
    await this.#hypervisor.close();
    await this.#daemon.stop();
    rmSync(this.#work, { recursive: true, force: true });
  }

  /** What a guest needs that this machine has not. */
  lacks({ spec }: VirtualMachineInstance): string | undefined {
    const { devices, firmware } = spec.domain;
    if (devices.filesystems?.length && !existsSync(VIRTIOFSD)) return `there is no ${VIRTIOFSD}`;
    if (firmware?.bootloader?.efi && !existsSync(efiImages('amd64').plain?.codePath ?? ''))
      return 'OVMF is not installed';
    if (devices.interfaces?.length && !isForEveryone('/dev/net/tun')) return '/dev/net/tun is for root alone here';
    return undefined;
  }

  async describe(): Promise<string> {
    const [qemu, libvirt] = [await this.#hypervisor.version(), await this.#hypervisor.libVersion()];
    const dotted = (version: bigint) => [version / 1_000_000n, (version / 1000n) % 1000n, version % 1000n].join('.');
    return `QEMU ${dotted(qemu)}, libvirt ${dotted(libvirt)}, Node ${process.versions.node}, ${cpus().length} CPUs`;
  }

  /** Runs the guest under stress and returns the most that its QEMU needed meanwhile. */
  async measure(vmi: VirtualMachineInstance): Promise<QemuMemory> {
    const { directory } = this.#daemon;
    const log = join(directory, 'console', 'serial0.log');
    for (const name of ['console', 'disks', 'nvram']) this.#freshDirectory(join(directory, name));
    const surroundings = this.#surroundings(vmi);
    const { xml } = convertVmiToDomainXml(vmi, domainConfigFrom(overheadConfig), this.#facts(vmi, surroundings.taps));
    const domain = await this.#hypervisor.defineXml(withSharedRam(xml));
    try {
      await domain.create();
      const pidFile = join(directory, 'libvirt', 'qemu', 'run', `${domainName(vmi)}.pid`);
      const pid = Number(readFileSync(pidFile, 'utf8'));
      return await this.#watch(pid, log);
    } finally {
      await domain.destroy().catch(() => undefined);
      await domain.undefine(WITH_NVRAM);
      surroundings.remove();
    }
  }

  /** The launcher and its libvirtd, after a guest was started through them. */
  async measureLauncher(): Promise<{ launcher: HeldMemory; libvirtd: HeldMemory }> {
    const bundle = await bundleApp('virt-launcher');
    const launcher = await startLauncher({ program: [...NODE_OPTIONS, bundle], env: ['MALLOC_ARENA_MAX=1'] });
    try {
      const vmi: VirtualMachineInstance = {
        metadata: { namespace: 'default', name: 'tiny', uid: '4f6f0a52-0000-4000-8000-000000000001' },
        spec: {
          architecture: 'amd64',
          domain: {
            machine: { type: 'q35' },
            memory: { guest: '64Mi' },
            cpu: { cores: 1, model: 'qemu64' },
            devices: { disks: [{ name: 'root', disk: { bus: 'virtio' } }] },
          },
          volumes: [{ name: 'root', containerDisk: { image: 'guest' } }],
        },
      };
      const request = {
        vmiJson: Buffer.from(JSON.stringify(vmi)),
        configJson: Buffer.from(JSON.stringify(domainConfigFrom(overheadConfig))),
      };
      await launcher.client.syncDomain(request, { timeoutMs: 30_000 });
      const stream = launcher.client.console();
      for await (const { data } of stream) if (data.length > 0) break;
      stream.destroy();
      const pid = launcher.process.pid;
      if (pid === undefined) throw new Error('the launcher has no process');
      return { launcher: processMemory(pid), libvirtd: processMemory(await launcher.libvirtdPid()) };
    } finally {
      await launcher.cleanUp();
    }
  }

  async #watch(pid: number, log: string): Promise<QemuMemory> {
    const deadline = Date.now() + GUEST_TIMEOUT_MS;
    const highest = { heldKiB: 0, restartKiB: 0 };
    for (;;) {
      const held = heldKiB(pid);
      const printed = existsSync(log) ? readFileSync(log, 'latin1') : '';
      // While it first starts, the guest's own RAM is not in use yet: what QEMU needs then has room there.
      if (printed.includes('overhead-restart')) highest.restartKiB = Math.max(highest.restartKiB, held);
      else if (printed.includes('overhead-stress-begins')) highest.heldKiB = Math.max(highest.heldKiB, held);
      if (printed.includes('overhead-stress-done')) {
        return { ...highest, pssKiB: processMemory(pid, overheadGuestMiB * 1024).pssKiB };
      }
      if (Date.now() > deadline)
        throw new Error(`the guest did not end its stress; its console: ${printed.slice(-500)}`);
      await delay(SAMPLE_MS);
    }
  }

  #freshDirectory(path: string): void {
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true });
    chownSync(path, NOBODY, NOBODY);
  }

  /** Taps and virtiofsd of a guest. */
  #surroundings({ spec }: VirtualMachineInstance): { taps: DomainFacts['taps']; remove: () => void } {
    const { interfaces = [], filesystems = [] } = spec.domain.devices;
    const names = interfaces.map(({ name }) => name);
    for (const name of names) {
      const tap = ['tuntap', 'add', `qvo-${name}`, 'mode', 'tap', 'user', String(NOBODY), 'multi_queue', 'vnet_hdr'];
      execFileSync('ip', tap);
    }
    const daemons = filesystems.map(({ name }) => this.#startVirtiofsd(name));
    return {
      taps: Object.fromEntries(
        names.map((name, index) => [
          name,
          { deviceName: `qvo-${name}`, macAddress: `02:00:00:00:01:0${index}`, mtu: 1500 },
        ]),
      ),
      remove: () => {
        for (const name of names) execFileSync('ip', ['link', 'delete', `qvo-${name}`]);
        for (const daemon of daemons) daemon.kill('SIGKILL');
      },
    };
  }

  #startVirtiofsd(name: string): ChildProcess {
    const socket = this.#virtiofsSocket(name);
    rmSync(socket, { force: true });
    const daemon = spawn(
      VIRTIOFSD,
      [`--socket-path=${socket}`, '--socket-group=nogroup', '-o', `source=${this.#work}`, '-o', 'sandbox=chroot'],
      { stdio: 'ignore' },
    );
    return daemon;
  }

  #virtiofsSocket = (name: string): string => join(this.#daemon.directory, `${name}.sock`);

  #facts({ spec }: VirtualMachineInstance, taps: DomainFacts['taps']): DomainFacts {
    const { directory } = this.#daemon;
    const disk = (name: string, ...backing: string[]) => {
      const path = join(directory, 'disks', `${name}.qcow2`);
      execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', ...backing, path, ...(backing.length ? [] : ['64M'])]);
      chownSync(path, NOBODY, NOBODY);
      return { kind: 'file', path, format: 'qcow2', directIo: false, diesWithPod: true } as const;
    };
    const names = (spec.volumes ?? []).map(({ name }) => name).filter((name) => name !== 'root' && name !== 'seed');
    return {
      runDirectory: directory,
      libvirtVersion: 9_000_000,
      taps,
      efi: efiImages('amd64'),
      virtiofsSockets: Object.fromEntries(
        (spec.domain.devices.filesystems ?? []).map(({ name }) => [name, this.#virtiofsSocket(name)]),
      ),
      volumes: {
        root: {
          ...disk('root', '-b', this.#disk, '-F', 'raw'),
          backing: { path: this.#disk, format: 'raw', kind: 'file' },
        },
        seed: { kind: 'file', path: this.#seed, format: 'raw', directIo: false, diesWithPod: true },
        ...Object.fromEntries(names.map((name) => [name, disk(name)])),
      },
    };
  }
}
