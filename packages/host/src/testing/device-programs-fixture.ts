/**
 * `node --experimental-ffi device-programs-fixture.ts DIRECTORY`: restricts a cgroup of v2 to no device at all, as a
 * container's runtime restricts one. A process of its own, because bpf(2) needs that flag.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { ALLOW_MULTI, Bpf, Descriptor } from '../bpf.ts';

/** r0 = 0; exit. */
const DENY_ALL = Uint8Array.from([0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0]);

const bpf = await Bpf.load();
const cgroup = await open(process.argv[2] ?? '', constants.O_DIRECTORY);
using program = new Descriptor(bpf, bpf.loadProgram(DENY_ALL));
bpf.attach(cgroup.fd, program.fd, { flags: ALLOW_MULTI });
await cgroup.close();
