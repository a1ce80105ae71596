import { afterEach, describe, expect, test } from '@jest/globals';
import type { VirtualMachineInstance } from '@quickvirt/api';
import { clusterConfigFrom, domainConfigFrom } from '@quickvirt/config';
import type { LauncherClient } from '@quickvirt/rpc';
import { BOOT_SECTOR_GREETING, eventually } from '@quickvirt/testing';
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

  test('starts the guest once, tells its state, carries its console; the guest powers itself off', async () => {
    launcher = await startLauncher();
    const { client } = launcher;
    expect(await sync(client)).toEqual({ started: true });
    expect(await sync(client)).toEqual({ started: false });

    // Nobody listened while it was printed.
    expect(await consoleUntil(client, BOOT_SECTOR_GREETING)).toContain(BOOT_SECTOR_GREETING);
    expect(await consoleUntil(client, 'echo', 'echo')).toContain('echo');

    const states: { phase?: string; reason?: string; machineType?: string; guestMemoryBytes?: number }[] = [];
    const watching = (async () => {
      for await (const { state } of client.watchState({})) states.push(state!);
    })().catch(() => {});
    await eventually(() => states.length > 0);
    expect(states[0]).toMatchObject({ phase: 'DOMAIN_PHASE_RUNNING', guestMemoryBytes: 32 * 1024 * 1024 });
    expect(states[0]!.machineType).toMatch(/^pc-q35-/);

    await consoleUntil(client, 'never', 'q').catch(() => {});
    expect(await launcher.exited).toBe(0);
    await watching;
    expect(states.at(-1)).toMatchObject({ phase: 'DOMAIN_PHASE_SHUT_OFF', reason: 'shutdown' });
    expect(launcher.exitRecord()).toMatchObject({ phase: 'Succeeded', reason: 'GuestPoweredOff' });
  }, 60_000);
});
