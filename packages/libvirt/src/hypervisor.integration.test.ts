import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { BOOT_SECTOR_GREETING, bootSectorImage } from '@quickvirt/testing';
import { CreateFlag, DomainState, ErrorCode, LifecycleEvent, ModificationImpact, ShutoffReason } from './constants.ts';
import { Hypervisor } from './hypervisor.ts';
import { sessionLibvirtdMissing, startSessionLibvirtd, type SessionLibvirtd } from './testing/session-libvirtd.ts';
import { describeHypervisorContract } from './testing/hypervisor-contract.ts';

const missing = sessionLibvirtdMissing();
if (missing) console.warn(`skipped: the real libvirtd is not tested because ${missing}`);
const uuid = '6f0c1d0e-7b8a-4c55-9c3e-0123456789ab';
const name = 'default_probe';

const domainXml = (directory: string): string => `<domain type='qemu'>
  <name>${name}</name><uuid>${uuid}</uuid><memory unit='MiB'>32</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <features><acpi/><tcg><tb-cache unit='MiB'>32</tb-cache></tcg></features>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <controller type='usb' model='none'/><memballoon model='none'/>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/><source file='${directory}/disk.img'/><target dev='vda' bus='virtio'/>
    </disk>
    <serial type='pty'><log file='${directory}/serial.log'/></serial>
    <video><model type='vga'/></video><graphics type='vnc' socket='${directory}/vnc'/>
  </devices>
</domain>`;

(missing ? describe.skip : describe)('a real libvirtd', () => {
  let daemon: SessionLibvirtd;
  let hypervisor: Hypervisor;

  beforeAll(async () => {
    daemon = await startSessionLibvirtd();
    writeFileSync(`${daemon.directory}/disk.img`, bootSectorImage());
    chmodSync(`${daemon.directory}/disk.img`, 0o666);
    hypervisor = await Hypervisor.open({ socketPath: daemon.socketPath, uri: 'qemu:///session' });
  }, 30_000);
  afterAll(async () => {
    const domain = await hypervisor.findDomain(name);
    if (domain && (await domain.state()).state !== DomainState.shutoff) await domain.destroy();
    await hypervisor.close();
    await daemon[Symbol.asyncDispose]();
  }, 30_000);

  describeHypervisorContract({
    hypervisor: () => hypervisor,
    domainXml: () => domainXml(daemon.directory),
    name,
    uuid,
  });

  test('tells versions and capabilities', async () => {
    expect(await hypervisor.version()).toBeGreaterThan(1_000_000n);
    expect(await hypervisor.libVersion()).toBeGreaterThan(1_000_000n);
    expect(await hypervisor.capabilities()).toContain('<capabilities>');
    expect(await hypervisor.domainCapabilities({ virtType: 'qemu', machine: 'q35' })).toContain('<domainCapabilities>');
  });

  test('reads a screenshot as a stream, statistics and the monitor of a domain that runs', async () => {
    const domain = await hypervisor.defineXml(domainXml(daemon.directory));
    await domain.create(CreateFlag.paused);
    expect((await domain.state()).state).toBe(DomainState.paused);
    const { mimeType, stream } = await domain.screenshot();
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    expect(mimeType).toMatch(/^image\//);
    expect(Buffer.concat(chunks).length).toBeGreaterThan(100);
    expect((await domain.stats()).get('state.state')).toBe(DomainState.paused);
    expect(JSON.parse(await domain.monitorCommand('{"execute":"query-status"}'))).toMatchObject({
      return: { running: false },
    });
    await expect(domain.agentCommand('{"execute":"guest-ping"}', 1)).rejects.toMatchObject({ name: 'LibvirtError' });
    await domain.destroy();
    expect(existsSync(`${daemon.directory}/serial.log`)).toBe(true);
  }, 60_000);

  test('a console stream carries bytes and ends with the domain', async () => {
    const domain = await hypervisor.defineXml(domainXml(daemon.directory));
    await domain.create(CreateFlag.paused);
    const console_ = await domain.openConsole();
    const greeting = readUntil(console_, BOOT_SECTOR_GREETING);
    await domain.resume();
    await greeting;
    console_.write('typed');
    await readUntil(console_, 'typed');
    const closed = new Promise((resolve) =>
      console_
        .on('error', () => {})
        .resume()
        .once('close', resolve),
    );
    await domain.destroy();
    await closed;
  }, 60_000);

  describe('devices of a domain that runs', () => {
    const tablet = "<input type='tablet' bus='usb'><alias name='ua-tablet'/></input>";
    const rng =
      "<rng model='virtio'><backend model='random'>/dev/urandom</backend><alias name='ua-rng'/>" +
      "<address type='pci' domain='0x0000' bus='0x00' slot='0x1e' function='0x0'/></rng>";
    let seen: string[];
    let heard = (): void => {};

    /** Resolves once the event came. */
    const until = async (event: string): Promise<void> => {
      while (!seen.includes(event)) await new Promise<void>((resolve) => (heard = resolve));
    };

    test('come and go with their events, by the alias that was given', async () => {
      seen = [];
      const hear = (event: string): void => {
        seen.push(event);
        heard();
      };
      await using _added = await hypervisor.subscribe('deviceAdded', (_domain, { deviceAlias }) =>
        hear(`added ${deviceAlias}`),
      );
      await using _removed = await hypervisor.subscribe('deviceRemoved', (_domain, { deviceAlias }) =>
        hear(`removed ${deviceAlias}`),
      );
      const xml = domainXml(daemon.directory)
        .replace("<controller type='usb' model='none'/>", "<controller type='usb' model='qemu-xhci'/>")
        // libvirt makes no more ports than the devices need that are there at the start.
        .replace('</devices>', "<controller type='pci' index='8' model='pcie-root-port'/></devices>");
      const domain = await hypervisor.defineXml(xml);
      await domain.create();
      await domain.attachDevice(tablet, ModificationImpact.live);
      await until('added ua-tablet');
      expect(await domain.xml()).toContain("<alias name='ua-tablet'/>");
      // USB needs no word of the guest.
      await domain.detachDevice(tablet, ModificationImpact.live);
      await until('removed ua-tablet');
      expect(await domain.xml()).not.toContain("<alias name='ua-tablet'/>");
      await expect(domain.detachDevice(tablet, ModificationImpact.live)).rejects.toMatchObject({
        code: ErrorCode.deviceMissing,
      });
      // The root bus takes none while the guest runs: the error is the daemon's, and the guest runs on.
      await expect(domain.attachDevice(rng, ModificationImpact.live)).rejects.toMatchObject({ name: 'LibvirtError' });
      const onPort = rng.replace(/<address[^>]*\/>/, '');
      await domain.attachDevice(onPort, ModificationImpact.live);
      await until('added ua-rng');
      expect((await domain.state()).state).toBe(DomainState.running);
      await domain.destroy();
      await domain.undefine();
    }, 60_000);
  });

  test('tells that QEMU was killed', async () => {
    const domain = await hypervisor.defineXml(domainXml(daemon.directory));
    await domain.create();
    const stopped = new Promise<number>((resolve) => {
      void hypervisor.subscribe('lifecycle', (_domain, { event, detail }) => {
        if (event === LifecycleEvent.stopped) resolve(detail);
      });
    });
    const { pid } = await qemuProcess(daemon, name);
    process.kill(pid, 'SIGKILL');
    await stopped;
    expect(await domain.state()).toEqual({ state: DomainState.shutoff, reason: ShutoffReason.crashed });
    await domain.undefine();
    await expect(domain.state()).rejects.toMatchObject({ code: ErrorCode.noDomain });
  }, 60_000);

  test('a daemon that is killed rejects calls under way and settles closed', async () => {
    await using own = await startSessionLibvirtd();
    const client = await Hypervisor.open({ socketPath: own.socketPath, uri: 'qemu:///session' });
    own.process.kill('SIGKILL');
    await expect(client.closed).resolves.toMatchObject({ name: 'LibvirtConnectionError' });
    await expect(client.version()).rejects.toMatchObject({ name: 'LibvirtConnectionError' });
  }, 30_000);
});

async function qemuProcess(daemon: SessionLibvirtd, domainName: string): Promise<{ pid: number }> {
  const pidFile = `${daemon.directory}/libvirt/qemu/run/${domainName}.pid`;
  return { pid: Number(await readFile(pidFile, 'utf8')) };
}

function readUntil(stream: Readable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let seen = '';
    const onData = (chunk: Buffer): void => {
      seen += chunk.toString();
      if (!seen.includes(text)) return;
      stream.off('data', onData);
      resolve();
    };
    stream.on('data', onData);
    stream.once('close', () => reject(new Error(`the console ended after ${JSON.stringify(seen)}`)));
  });
}
