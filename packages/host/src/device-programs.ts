import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { Bpf, Descriptor } from './bpf.ts';

/**
 * Replaces each device program on a cgroup of v2 by what `rewrite` makes of it, one at a time and without a moment
 * between. A cgroup without programs restricts nothing and is left alone. Needs `node --experimental-ffi`: Node has no
 * other way to bpf(2).
 * @param rewrite from instructions to instructions; returning its argument leaves a program as it is.
 * @returns how many were replaced.
 * @throws BpfError; Error when the cgroup is gone, or on an architecture whose system call is not known.
 */
export async function rewriteDevicePrograms(
  cgroupDirectory: string,
  rewrite: (program: Uint8Array) => Uint8Array,
): Promise<number> {
  const bpf = await Bpf.load();
  const cgroup = await open(cgroupDirectory, constants.O_DIRECTORY);
  let replaced = 0;
  try {
    const { flags, ids } = bpf.attachedPrograms(cgroup.fd);
    for (const id of ids) {
      using old = new Descriptor(bpf, bpf.programById(id));
      const program = bpf.instructionsOf(old.fd);
      const wanted = rewrite(program);
      if (wanted === program) continue;
      using next = new Descriptor(bpf, bpf.loadProgram(wanted));
      bpf.attach(cgroup.fd, next.fd, { flags, replaces: old.fd });
      replaced += 1;
    }
  } finally {
    await cgroup.close();
  }
  return replaced;
}
