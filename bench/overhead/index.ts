/**
 * What the processes of a launcher pod need beyond the guest's RAM, by vCPUs and devices, beside what the model of
 * packages/launcher-pod gives them. Runs on this machine without a cluster: libvirtd and QEMU with the product's own domains, a
 * guest that touches its RAM and reads and writes all its disks, and the launcher's bundle. Needs root (for taps, and to
 * step down), libvirtd, QEMU, qemu-img, xorriso and the tools of `npm run images`. Environment: OVERHEAD_ONLY (part of a guest's
 * name), OVERHEAD_RECORD (path: the measurements as JSON, as the model's test reads them).
 */
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { memoryLines } from '@quickvirt/launcher-pod';
import {
  overheadConfig,
  overheadGuestMiB,
  overheadGuests,
} from '../../packages/launcher-pod/src/testing/overhead-guests.ts';
import { mebibytes, table } from '../boot/report.ts';
import { OverheadMachine, type QemuMemory } from './overhead-machine.ts';
import type { HeldMemory } from './process-memory.ts';

/** As `packages/launcher-pod/src/testdata/memory-overhead.measured.json` has them. */
export interface OverheadMeasurements {
  /** What was measured on: versions. */
  on: string;
  guestMiB: number;
  launcher: HeldMemory;
  libvirtd: HeldMemory;
  /** Without guest RAM, with the buffer of translated code, by the guest's name. */
  qemu: Record<string, QemuMemory>;
}

export async function run(): Promise<void> {
  const only = process.env['OVERHEAD_ONLY'] ?? '';
  console.log(`${cpus().length} CPUs, load ${loadavg()[0]?.toFixed(1)}, guests of ${overheadGuestMiB} MiB, emulated`);
  const machine = await OverheadMachine.start();
  const qemu: Record<string, QemuMemory> = {};
  try {
    for (const { name, vmi } of overheadGuests.filter((guest) => guest.name.includes(only))) {
      const skipped = machine.lacks(vmi);
      if (skipped) console.log(`${name}: skipped, ${skipped}`);
      else {
        qemu[name] = await machine.measure(vmi);
        console.log(`${name}: QEMU holds ${mebibytes(qemu[name].heldKiB)} MiB`);
      }
    }
    const { launcher, libvirtd } = await machine.measureLauncher();
    const measurements = { on: await machine.describe(), guestMiB: overheadGuestMiB, launcher, libvirtd, qemu };
    report(measurements);
    const record = process.env['OVERHEAD_RECORD'];
    if (record) writeFileSync(record, `${JSON.stringify(measurements, null, 2)}\n`);
  } finally {
    await machine.stop();
  }
}

function report({ on, launcher, libvirtd, qemu }: OverheadMeasurements): void {
  console.log(`\n${on}\n`);
  const row = (name: string, memory: HeldMemory & Partial<QemuMemory>, model = '') => [
    name,
    ...[memory.heldKiB, memory.restartKiB, memory.pssKiB].map((value) => (value === undefined ? '' : mebibytes(value))),
    model,
  ];
  const modelMiB = (name: string): string => {
    const found = overheadGuests.find((guest) => guest.name === name);
    const lines = found ? memoryLines(found.vmi, overheadConfig).slice(1) : [];
    return mebibytes(Number(lines.reduce((sum, { bytes }) => sum + bytes, 0n) / 1024n));
  };
  const rows = Object.entries(qemu).map(([name, memory]) => row(`QEMU, ${name}`, memory, modelMiB(name)));
  const header = ['MiB', 'held under stress', 'at a restart', 'PSS', 'model of the whole pod'];
  console.log(table(header, [row('virt-launcher', launcher), row('libvirtd', libvirtd), ...rows]));
}
