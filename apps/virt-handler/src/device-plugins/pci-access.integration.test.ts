import { execFileSync, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm, rmdir, stat, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { applyDeviceRule } from '@quickvirt/host';
import { deviceRuleLine, type DeviceNodeFacts } from '@quickvirt/node-plan';
import type { Logger } from '@quickvirt/telemetry';
import { chownContainerDevices } from './container-devices.ts';
import { ContainerGone, PciAccess } from './pci-access.ts';
import { VfioNodes } from './vfio-nodes.ts';

const logger: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => logger };
const POD = '0b7d3c0e-4f6b-4b0a-9d51-2c1f0f1f9e11';
const ADDRESS = '0000:3d:02.2';
const CGROUPS = '/sys/fs/cgroup';
/** The hierarchy of v2: the only one, or beside those of v1. */
const UNIFIED = existsSync(`${CGROUPS}/cgroup.controllers`) ? CGROUPS : `${CGROUPS}/unified`;
const hasDevicesV1 = existsSync(`${CGROUPS}/devices/devices.allow`);
const here = fileURLToPath(new URL('.', import.meta.url));
const main = join(here, '../main.ts');
const restrict = join(here, '../../../../packages/host/src/testing/device-programs-fixture.ts');
const deviceRuleCommand = ['--experimental-ffi', '--no-warnings', main, 'device-rule'];

/** Root, and the hierarchies writable, as on a machine of its own. */
const canChangeCgroups = process.getuid?.() === 0 && existsSync(`${UNIFIED}/cgroup.procs`);
if (!canChangeCgroups) console.log('device access: skipped, it needs root and a writable cgroup v2');

let root: string;
let container: Container;
let access: PciAccess;

/** A container as the kubelet and runc leave it: a cgroup that opens nothing, a /dev of its own, a program in it. */
class Container {
  readonly process: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;

  constructor(program: string) {
    // Each line is a path; the answer tells whether it opens.
    const probe =
      'while read -r path; do if [ -c "$path" ] && (: <>"$path") 2>&-; then echo open; else echo shut; fi; done';
    const enter = cgroupsOfPod().map((directory) => `echo $$ > ${directory}/cgroup.procs`);
    // Its own /dev is on a disk of its own: nothing of the machine's is touched.
    const script = `${enter.join(' && ')} && mount -t tmpfs -o dev none /dev && exec ${program} -c '${probe}'`;
    this.process = spawn('unshare', ['--mount', 'sh', '-c', script]);
    this.#answers = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
  }

  async opens(path: string): Promise<boolean> {
    this.process.stdin.write(`${path}\n`);
    return (await this.#answers.next()).value === 'open';
  }

  path(path: string): string {
    return `/proc/${this.process.pid}/root${path}`;
  }

  async end(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.kill('SIGKILL');
    await once(this.process, 'close');
  }
}

function cgroupsOfPod(): string[] {
  const mounts = hasDevicesV1 ? [UNIFIED, `${CGROUPS}/devices`] : [UNIFIED];
  return mounts.map((mount) => `${mount}/quickvirt-test/pod${POD}/compute`);
}

async function makeCgroups(): Promise<void> {
  for (const directory of cgroupsOfPod()) await mkdir(directory, { recursive: true });
  if (hasDevicesV1) await writeFile(`${cgroupsOfPod()[1]}/devices.deny`, 'a');
  else execFileSync(process.execPath, ['--experimental-ffi', '--no-warnings', restrict, cgroupsOfPod()[0] ?? '']);
}

async function removeCgroups(): Promise<void> {
  for (const directory of cgroupsOfPod())
    for (const each of [directory, join(directory, '..'), join(directory, '../..')]) await rmdir(each);
}

async function addFunction(address: string, group: string, minor: number): Promise<void> {
  const directory = join(root, 'sys/bus/pci/devices', address);
  await mkdir(directory, { recursive: true });
  await symlink('../../../drivers/vfio-pci', join(directory, 'driver'));
  await symlink(`../../../../kernel/iommu_groups/${group}`, join(directory, 'iommu_group'));
  execFileSync('mknod', [join(root, 'dev/vfio', group), 'c', '1', String(minor)]);
}

(canChangeCgroups ? describe : describe.skip)('a PCI function and a container that runs', () => {
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'access'));
    await mkdir(join(root, 'dev/vfio'), { recursive: true });
    // Stand-ins for vfio's nodes that open: null, zero, full.
    execFileSync('mknod', [join(root, 'dev/vfio/vfio'), 'c', '1', '5']);
    await addFunction(ADDRESS, '60', 3);
    await copyFile('/bin/sh', join(root, 'libvirtd'));
    execFileSync('chmod', ['755', join(root, 'libvirtd')]);
    await makeCgroups();
    container = new Container(join(root, 'libvirtd'));
    expect(await container.opens('/dev/vfio/60')).toBe(false);
    access = new PciAccess({
      nodes: new VfioNodes({
        sysfsDirectory: join(root, 'sys'),
        deviceDirectory: join(root, 'dev'),
        cdiDirectory: join(root, 'cdi'),
        access: 'cdi',
      }),
      logger,
      deviceRuleCommand,
      cgroupMount: CGROUPS,
    });
  }, 120_000);

  afterEach(async () => {
    await container.end();
    await removeCgroups();
    await rm(root, { recursive: true });
  });

  test('opens to it, owned by its launcher, and shuts again', async () => {
    await access.open(POD, ADDRESS);
    expect(await container.opens('/dev/vfio/60')).toBe(true);
    expect(await container.opens('/dev/vfio/vfio')).toBe(true);
    const { uid, gid, mode, rdev } = await stat(container.path('/dev/vfio/60'));
    expect({ uid, gid, mode: mode & 0o777, rdev }).toEqual({ uid: 107, gid: 107, mode: 0o600, rdev: 0x103 });
    await access.open(POD, ADDRESS);
    expect(await container.opens('/dev/vfio/60')).toBe(true);

    await access.close(POD, ADDRESS);
    expect(await container.opens('/dev/vfio/60')).toBe(false);
    execFileSync('mknod', [container.path('/dev/left'), 'c', '1', '3']);
    expect(await container.opens('/dev/left')).toBe(false);
    expect(await container.opens('/dev/vfio/vfio')).toBe(true);
    await access.close(POD, ADDRESS);
  }, 120_000);

  test('stays open while the pod keeps another of its group', async () => {
    const directory = join(root, 'sys/bus/pci/devices/0000:3d:02.3');
    await mkdir(directory);
    await symlink('../../../drivers/vfio-pci', join(directory, 'driver'));
    await symlink('../../../../kernel/iommu_groups/60', join(directory, 'iommu_group'));
    await access.open(POD, ADDRESS);
    await access.close(POD, ADDRESS, ['0000:3d:02.3']);
    expect(await container.opens('/dev/vfio/60')).toBe(true);
  }, 120_000);

  test('has the node that its group has now, not a former one of that number', async () => {
    await access.open(POD, ADDRESS);
    await unlink(join(root, 'dev/vfio/60'));
    execFileSync('mknod', [join(root, 'dev/vfio/60'), 'c', '1', '7']);
    await access.open(POD, ADDRESS);
    expect((await stat(container.path('/dev/vfio/60'))).rdev).toBe(0x107);
  }, 120_000);

  test('is not led out of the container by a link', async () => {
    await symlink('/etc', container.path('/dev/vfio'));
    await expect(access.open(POD, ADDRESS)).rejects.toThrow(/symbolic link/);
  }, 120_000);

  test('does not open to a pod whose container is gone', async () => {
    await container.end();
    await expect(access.open(POD, ADDRESS)).rejects.toThrow(ContainerGone);
    await access.close(POD, ADDRESS);
  }, 120_000);

  test("where the runtime has no CDI: the nodes that it made become the launcher's, and nothing else", async () => {
    await mkdir(container.path('/dev/vfio'));
    for (const path of ['vfio/vfio', 'vfio/60', 'vfio/other', 'kvm', 'null'])
      execFileSync('mknod', [container.path(`/dev/${path}`), 'c', '1', '3']);
    const vmi = {
      apiVersion: 'kubevirt.io/v1',
      kind: 'VirtualMachineInstance',
      metadata: { name: 'a', namespace: 'default' },
      spec: { domain: { devices: {} } },
    };
    await chownContainerDevices(vmi, POD, logger);
    const owners = await Promise.all(
      ['vfio/vfio', 'vfio/60', 'vfio/other', 'kvm', 'null'].map(async (path) => {
        const { uid, gid } = await stat(container.path(`/dev/${path}`));
        return `${path} ${uid}:${gid}`;
      }),
    );
    expect(owners).toEqual(['vfio/vfio 107:107', 'vfio/60 107:107', 'vfio/other 0:0', 'kvm 107:107', 'null 0:0']);
  }, 120_000);

  test('on cgroup v2: a rule is added to the program of the runtime, and taken off', async () => {
    const [unified = ''] = cgroupsOfPod();
    if (hasDevicesV1) {
      // Here v1 is what restricts: let it allow all, and v2 nothing.
      await writeFile(`${cgroupsOfPod()[1]}/devices.allow`, 'a');
      execFileSync(process.execPath, ['--experimental-ffi', '--no-warnings', restrict, unified]);
    }
    const rule: DeviceNodeFacts = { path: '/dev/null', major: 1, minor: 3 };
    execFileSync('mknod', [container.path('/dev/null'), 'c', '1', '3']);
    execFileSync('mknod', [container.path('/dev/zero'), 'c', '1', '5']);
    const apply = (action: 'allow' | 'deny') =>
      applyDeviceRule({
        cgroup: { version: 2, path: unified.slice(UNIFIED.length) },
        action,
        rule,
        line: deviceRuleLine(rule),
        command: deviceRuleCommand,
        cgroupMount: UNIFIED,
      });
    const opens = async () => [await container.opens('/dev/null'), await container.opens('/dev/zero')];
    expect(await opens()).toEqual([false, false]);
    await apply('allow');
    expect(await opens()).toEqual([true, false]);
    await apply('allow');
    expect(await opens()).toEqual([true, false]);
    await apply('deny');
    expect(await opens()).toEqual([false, false]);
  }, 120_000);
});
