import { stat } from 'node:fs/promises';
import type { ContainerEdits } from './cdi-edits.ts';
import type { ContainerDevice } from './oci-config.ts';

/** Major and minor of a device number as stat(2) has it. Source: makedev(3) of glibc. */
function deviceNumbers(rdev: number): { major: number; minor: number } {
  const number = BigInt(rdev);
  return {
    major: Number(((number >> 8n) & 0xfffn) | ((number >> 32n) & ~0xfffn)),
    minor: Number((number & 0xffn) | ((number >> 12n) & ~0xffn)),
  };
}

/** A device node of the host as a runtime gives it to a container: same owner and mode. @throws Error when it is none. */
export async function hostDevice(hostPath: string, containerPath: string, access: string): Promise<ContainerDevice> {
  const stats = await stat(hostPath);
  const type = stats.isCharacterDevice() ? 'c' : stats.isBlockDevice() ? 'b' : undefined;
  if (!type) throw new Error(`${hostPath} is no device node`);
  const { uid, gid, mode, rdev } = stats;
  return { path: containerPath, type, ...deviceNumbers(rdev), fileMode: mode & 0o777, uid, gid, access };
}

/** The device nodes of CDI edits; what the specification leaves out is the host's. */
export async function cdiDevices(edits: readonly ContainerEdits[]): Promise<ContainerDevice[]> {
  return Promise.all(
    edits
      .flatMap(({ deviceNodes }) => deviceNodes ?? [])
      .map(async ({ path, hostPath, type: _type, permissions, ...own }) => ({
        ...(await hostDevice(hostPath ?? path, path, permissions ?? 'rwm')),
        ...own,
      })),
  );
}
