import { once } from 'node:events';
import { afterEach, describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { VirtualMachineInstance } from '@quickvirt/api';
import { clusterConfigFrom, domainConfigFrom } from '@quickvirt/config';
import { dialLauncher, type LauncherClient, type WatchStateResponse } from '@quickvirt/rpc';
import { BOOT_SECTOR_GREETING, eventually, settle } from '@quickvirt/testing';
import { launcherProcessMissing, startLauncher, type LauncherProcess } from './testing/launcher-process.ts';

const missing = launcherProcessMissing();
if (missing) console.warn(`skipped: the real launcher is not tested because ${missing}`);

const vmi: VirtualMachineInstance = {
  apiVersion: 'kubevirt.io/v1',
  kind: 'VirtualMachineInstance',
  metadata: { namespace: 'default', name: 'tiny', uid: '4f6f0a52-0000-4000-8000-000000000001' },
  spec: {
    architecture: 'amd64',
    terminationGracePeriodSeconds: 30,
    domain: {
      machine: { type: 'q35' },
      memory: { guest: '32Mi' },
      cpu: { cores: 1 },
      features: { acpi: {} },
      firmware: { uuid: '5d307ca9-b3ef-428c-8861-06e72d69f223' },
      devices: {
        disks: [
          { name: 'root', disk: { bus: 'virtio' } },
          { name: 'scratch', disk: { bus: 'virtio' } },
          { name: 'seed', disk: { bus: 'virtio' } },
        ],
      },
    },
    volumes: [
      { name: 'root', containerDisk: { image: 'example/boot-sector' } },
      { name: 'scratch', emptyDisk: { capacity: '64Mi' } },
      { name: 'seed', cloudInitNoCloud: { secretRef: { name: 'seed' } } },
    ],
  },
};
const config = domainConfigFrom(
  clusterConfigFrom({
    metadata: { name: 'kubevirt' },
    spec: { configuration: { developerConfiguration: { useEmulation: true } } },
  }),
);

function sync(client: LauncherClient, asked = vmi): Promise<{ started: boolean }> {
  const request = { vmiJson: Buffer.from(JSON.stringify(asked)), configJson: Buffer.from(JSON.stringify(config)) };
  return client.syncDomain(request, { timeoutMs: 20_000 });
}

/** Reads the console until the text is there. */
async function consoleUntil(client: LauncherClient, text: string, typed?: string): Promise<string> {
  const stream = client.console();
  if (typed !== undefined) stream.write({ data: Buffer.from(typed) });
  let seen = '';
  try {
    for await (const { data } of stream) {
      seen += data.toString();
      if (seen.includes(text)) return seen;
    }
  } finally {
    stream.destroy();
  }
  throw new Error(`the console ended after ${JSON.stringify(seen)}`);
}

(missing ? describe.skip : describe)('a real launcher', () => {
  let launcher: LauncherProcess;
  afterEach(async () => launcher?.cleanUp());

  /** A launcher whose guest runs: its greeting was read. */
  async function startGuest(options?: { gracePeriodSeconds?: number }): Promise<LauncherClient> {
    launcher = await startLauncher(options);
    expect(await sync(launcher.client)).toEqual({ started: true });
    await consoleUntil(launcher.client, BOOT_SECTOR_GREETING);
    return launcher.client;
  }

  test('starts the guest once, tells its state, carries its console; the guest powers itself off', async () => {
    const client = await startGuest();
    expect(await sync(client)).toEqual({ started: false });
    expect(await consoleUntil(client, 'echo', 'echo')).toContain('echo');
    const serialLog = await readFile(join(launcher.directory, 'run', 'console', 'serial0.log'), 'utf8');
    expect(serialLog).toBe(`${BOOT_SECTOR_GREETING}echo`);

    const states: WatchStateResponse['state'][] = [];
    const watching = (async () => {
      for await (const { state } of client.watchState({})) states.push(state);
    })();
    await eventually(() => states.length > 0);
    expect(states[0]).toMatchObject({ phase: 'DOMAIN_PHASE_RUNNING', guestMemoryBytes: 32 * 1024 * 1024 });
    expect(states[0]!.machineType).toMatch(/^pc-q35-/);

    client.console().write({ data: Buffer.from('q') });
    await watching;
    expect(states.at(-1)).toMatchObject({ phase: 'DOMAIN_PHASE_SHUT_OFF', reason: 'shutdown' });
    expect(await launcher.exited).toBe(0);
    expect(launcher.exitRecord()).toMatchObject({ phase: 'Succeeded', reason: 'GuestPoweredOff' });
  }, 60_000);

  test('a host device that cannot be plugged in is an error that says why, and the guest runs on', async () => {
    const client = await startGuest();
    const hostDevices = [{ name: 'qat0', deviceName: 'qat.intel.com/cy' }];
    const devices = { ...vmi.spec.domain.devices, hostDevices };
    const asked = { ...vmi, spec: { ...vmi.spec, domain: { ...vmi.spec.domain, devices } } };
    const refused = sync(client, asked);
    await expect(refused).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      details: { field: 'spec.domain.devices.hostDevices[0]' },
    });
    // virt-handler brings a function that no machine has: libvirt says so, in its own words.
    const plugged = client.syncDomain(
      {
        vmiJson: Buffer.from(JSON.stringify(asked)),
        configJson: Buffer.from(JSON.stringify(config)),
        facts: { taps: [], hostDevices: [{ name: 'qat0', pciAddress: '0000:fe:1f.7' }] },
      },
      { timeoutMs: 20_000 },
    );
    await expect(plugged).rejects.toMatchObject({ message: expect.stringMatching(/VFIO|0000:fe:1f\.7/) });
    expect(await consoleUntil(client, 'echo', 'echo')).toContain('echo');
    expect(await sync(client)).toEqual({ started: false });
  }, 60_000);

  test('stops and continues the guest; one that starts paused waits to be let run', async () => {
    launcher = await startLauncher();
    const { client } = launcher;
    await expect(client.pauseDomain({})).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
    const states: WatchStateResponse['state'][] = [];
    void (async () => {
      for await (const { state } of client.watchState({})) states.push(state);
    })().catch(() => undefined);
    await sync(client, { ...vmi, spec: { ...vmi.spec, startStrategy: 'Paused' } });
    await eventually(() => states.at(-1)?.phase === 'DOMAIN_PHASE_PAUSED');
    expect(['starting-up', 'user']).toContain(states.at(-1)?.reason);
    await client.unpauseDomain({});
    await consoleUntil(client, BOOT_SECTOR_GREETING);
    await client.unpauseDomain({});
    await client.pauseDomain({});
    await client.pauseDomain({});
    // The stream is behind the answers: the last state that it told may be the pause that the guest started with.
    await settle(() => expect(states.slice(-1)).toMatchObject([{ phase: 'DOMAIN_PHASE_PAUSED', reason: 'user' }]));
    expect(await sync(client)).toEqual({ started: false });
    expect(states.at(-1)?.phase).toBe('DOMAIN_PHASE_PAUSED');
    await client.unpauseDomain({});
    expect(await consoleUntil(client, 'echo', 'echo')).toContain('echo');
  }, 60_000);

  test('SIGTERM presses the power button and waits for the guest', async () => {
    await startGuest();
    launcher.process.kill('SIGTERM');
    expect(await launcher.exited).toBe(0);
    expect(launcher.exitRecord()).toMatchObject({ phase: 'Succeeded', reason: 'ShutDown' });
  }, 60_000);

  test('a guest that does not heed the button is ended after its grace period', async () => {
    const client = await startGuest({ gracePeriodSeconds: 1 });
    await withSuspended(await launcher.qemuPid(), async () => {
      launcher.process.kill('SIGTERM');
      // The button cannot be pressed while QEMU stands still; the launcher gives up on it after a second.
      await eventually(() => launcher.log().includes('grace period'));
    });
    expect(await launcher.exited).toBe(3);
    expect(launcher.exitRecord()).toMatchObject({ phase: 'Failed', reason: 'GracePeriodOver' });
    client.close();
  }, 60_000);

  test('QEMU killed: Failed, and the record names it', async () => {
    await startGuest();
    process.kill(await launcher.qemuPid(), 'SIGKILL');
    expect(await launcher.exited).toBe(3);
    expect(launcher.exitRecord()).toMatchObject({
      phase: 'Failed',
      reason: 'QEMUKilled',
      consoleLines: [expect.stringContaining(BOOT_SECTOR_GREETING.trim())],
      libvirtLines: [expect.any(String), ...launcher.exitRecord()!.libvirtLines!.slice(1)],
      launcherLines: expect.any(Array),
    });
  }, 60_000);

  test('libvirtd killed: started again, the guest goes on', async () => {
    const client = await startGuest();
    const before = await launcher.libvirtdPid();
    const qemuPid = await launcher.qemuPid();
    process.kill(before, 'SIGKILL');
    await eventually(async () => (await launcher.libvirtdPid()) !== before);
    expect(await sync(client)).toEqual({ started: false });
    expect(await consoleUntil(client, 'still', 'still')).toContain('still');
    expect(await launcher.qemuPid()).toBe(qemuPid);
    launcher.process.kill('SIGTERM');
    expect(await launcher.exited).toBe(0);
  }, 60_000);

  test("says that the console is open while the guest is silent; a client's half-close leaves it its last words", async () => {
    const client = await startGuest();
    const stream = client.console();
    const [first] = (await once(stream, 'data')) as [{ data: Buffer }];
    expect(first.data).toHaveLength(0);
    let seen = '';
    stream.on('data', ({ data }: { data: Buffer }) => (seen += data.toString()));
    const ended = once(stream, 'end');
    stream.end({ data: Buffer.from('xq') });
    await ended;
    expect(seen).toBe('x');
    expect(await launcher.exited).toBe(0);
  }, 60_000);

  test('a newer console takes over; a client that comes back finds the state as it is', async () => {
    const client = await startGuest();
    const older = client.console();
    const ended = new Promise<unknown>((resolve) => older.once('error', resolve));
    older.write({ data: Buffer.from('1') });
    expect(await consoleUntil(client, '2', '2')).toContain('2');
    expect(await ended).toMatchObject({ code: 'ABORTED' });
    client.close();

    const again = dialLauncher(launcher.socketPath);
    for await (const { revision, state } of again.watchState({})) {
      expect(state).toMatchObject({ phase: 'DOMAIN_PHASE_RUNNING' });
      expect(revision).toBeGreaterThan(1);
      break;
    }
    await again.destroyDomain({});
    again.close();
    expect(await launcher.exited).toBe(3);
    expect(launcher.exitRecord()).toMatchObject({ phase: 'Failed', reason: 'Destroyed' });
  }, 60_000);

  test('what cannot be served is refused by its field, and SIGTERM ends a launcher without a guest', async () => {
    launcher = await startLauncher();
    const asked = structuredClone(vmi);
    asked.spec.volumes![1] = { name: 'scratch', emptyDisk: { capacity: '0' } };
    await expect(sync(launcher.client, asked)).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      details: { field: 'spec.volumes[1].emptyDisk.capacity' },
    });
    launcher.process.kill('SIGTERM');
    expect(await launcher.exited).toBe(3);
    expect(launcher.exitRecord()).toMatchObject({ phase: 'Failed', reason: 'NeverStarted' });
  }, 60_000);
});

async function withSuspended(pid: number, run: () => Promise<void>): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  try {
    await run();
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}
