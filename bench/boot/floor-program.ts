/**
 * Runs in the floor's pod, beside a libvirtd that its shell has started: defines and starts the domain whose XML is in
 * FLOOR_DOMAIN_XML, then prints when libvirtd answered and when QEMU ran (milliseconds since the epoch), and ends.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Hypervisor } from '@quickvirt/libvirt';

const socketPath = `${process.env['XDG_RUNTIME_DIR']}/libvirt/libvirt-sock`;
const GIVE_UP_MS = 30_000;
const RETRY_MS = 2;

async function open(): Promise<Hypervisor> {
  const deadline = Date.now() + GIVE_UP_MS;
  for (;;) {
    try {
      return await Hypervisor.open({ socketPath, uri: 'qemu:///session', maxInFlight: 4 });
    } catch (error) {
      // A floor may not wait for more than it must: a tight retry costs less than a watch that is set up.
      if (Date.now() > deadline) throw error;
      await delay(RETRY_MS);
    }
  }
}

const hypervisor = await open();
const libvirtdAnswered = Date.now();
const domain = await hypervisor.defineXml(process.env['FLOOR_DOMAIN_XML'] ?? '');
await domain.create();
console.log(JSON.stringify({ libvirtdAnswered, domainStarted: Date.now() }));
process.exit(0);
