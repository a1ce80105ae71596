import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { VirtualMachineInstance } from '@quickvirt/api';
import { clusterConfigFrom, domainConfigFrom } from '@quickvirt/config';
import { convertVmiToDomainXml } from '@quickvirt/domain-xml';
import { Hypervisor } from '@quickvirt/libvirt';
import { BOOT_SECTOR_GREETING, eventually } from '@quickvirt/testing';
import {
  launcherProcessMissing,
  LAUNCHER_UID,
  startLauncher,
  type LauncherProcess,
} from './testing/launcher-process.ts';

const missing = launcherProcessMissing();
if (missing) console.warn(`skipped: no domain of the first release meets today's launcher because ${missing}`);

/** As the first release wrote it. Never regenerated: it is what runs in a cluster that is upgraded. */
const firstRelease = readFileSync(new URL('testdata/first-release.domain.xml', import.meta.url), 'utf8');

const vmi: VirtualMachineInstance = {
  metadata: { namespace: 'default', name: 'tiny', uid: '4f6f0a52-0000-4000-8000-000000000001', generation: 2 },
  spec: {
    architecture: 'amd64',
    terminationGracePeriodSeconds: 30,
    domain: {
      machine: { type: 'q35' },
      memory: { guest: '32Mi' },
      cpu: { cores: 1 },
      features: { acpi: {} },
      firmware: { uuid: '5d307ca9-b3ef-428c-8861-06e72d69f223' },
      devices: { disks: [{ name: 'root', disk: { bus: 'virtio' } }] },
    },
    volumes: [{ name: 'root', containerDisk: { image: 'example/boot-sector' } }],
  },
};
const config = domainConfigFrom(
  clusterConfigFrom({
    metadata: { name: 'kubevirt' },
    spec: { configuration: { developerConfiguration: { useEmulation: true } } },
  }),
);

(missing ? describe.skip : describe)(
  "a running domain that an earlier release rendered, under today's launcher",
  () => {
    let launcher: LauncherProcess;
    afterEach(async () => launcher?.cleanUp());

    test('is neither defined anew nor started anew, and is served as it is', async () => {
      launcher = await startLauncher();
      const run = join(launcher.directory, 'run');
      const disks = join(run, 'disks');
      mkdirSync(disks, { recursive: true });
      const image = join(launcher.directory, 'volumes', 'root', 'disk', 'disk.img');
      const overlay = join(disks, 'root.qcow2');
      execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', image, '-F', 'raw', overlay]);
      for (const path of [disks, overlay]) chownSync(path, LAUNCHER_UID, LAUNCHER_UID);
      const old = firstRelease.replaceAll('/RUN', run).replaceAll('/VOLUMES', join(launcher.directory, 'volumes'));
      const volumes = {
        root: {
          kind: 'file' as const,
          path: overlay,
          format: 'qcow2' as const,
          directIo: true,
          diesWithPod: true,
          backing: { path: image, format: 'raw' as const, kind: 'file' as const },
        },
      };
      // Otherwise the test says nothing.
      expect(
        convertVmiToDomainXml(vmi, config, { runDirectory: run, libvirtVersion: 9_000_000, volumes }).xml,
      ).not.toBe(old);

      const socketPath = join(run, 'libvirt', 'libvirt-sock');
      const hypervisor = await eventually(() => Hypervisor.open({ socketPath, uri: 'qemu:///session' }));
      try {
        const domain = await hypervisor.defineXml(old);
        await domain.create();
        const qemuPid = await launcher.qemuPid();
        const before = await domain.xml();
        const states = launcher.client.watchState({});
        for await (const { state } of states) if (state?.phase === 'DOMAIN_PHASE_RUNNING') break;

        const request = { vmiJson: Buffer.from(JSON.stringify(vmi)), configJson: Buffer.from(JSON.stringify(config)) };
        expect(await launcher.client.syncDomain(request, { timeoutMs: 20_000 })).toMatchObject({ started: false });

        expect(await launcher.qemuPid()).toBe(qemuPid);
        expect(await domain.xml()).toBe(before);
        let seen = '';
        const stream = launcher.client.console();
        // It is cut when the launcher is ended.
        stream.on('error', () => undefined);
        stream.write({ data: Buffer.from('echo') });
        for await (const { data } of stream) {
          seen += data.toString();
          if (seen.includes('echo')) break;
        }
        expect(seen.replace(BOOT_SECTOR_GREETING, '')).toContain('echo');
      } finally {
        await hypervisor.close();
      }
    }, 60_000);
  },
);
