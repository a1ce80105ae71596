import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from '@quickvirt/host';
import type { AcknowledgedErrors, PciAddress } from '@quickvirt/qat';

/** Who holds a function: a pod that got it from a device plugin, or a ResourceClaim, by its UID. */
export type DeviceHolder = 'device-plugin' | { readonly claim: string };

/** What must outlive virt-handler and the machine. */
export interface CheckpointState {
  readonly holders: Readonly<Record<PciAddress, DeviceHolder>>;
  /** Cards that were taken down and are not known to be up again. */
  readonly reconfiguring: readonly PciAddress[];
  readonly acknowledged: AcknowledgedErrors;
}

const FILE = 'pci-devices.json';
const VERSION = 1;

/** A checkpoint that cannot be read: damaged, or of a newer virt-handler. */
class CheckpointError extends Error {
  override name = 'CheckpointError';
}

/** What virt-handler remembers of the node's PCI devices, on disk: what it said last is there after a crash. */
export class Checkpoint {
  readonly #path: string;
  #state: CheckpointState;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(path: string, state: CheckpointState) {
    this.#path = path;
    this.#state = state;
  }

  /**
   * @param directory of virt-handler's own; made when it is not there.
   * @throws CheckpointError when there is one that cannot be read: to go on would forget who holds what.
   */
  static async open(directory: string): Promise<Checkpoint> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return new Checkpoint(join(directory, FILE), await readCheckpoint(directory));
  }

  get state(): CheckpointState {
    return this.#state;
  }

  /** Changes the state, one change after another; on disk when it resolves. What `change` throws changes nothing. */
  update(change: (state: CheckpointState) => CheckpointState): Promise<void> {
    const run = async () => {
      const next = change(this.#state);
      if (JSON.stringify(next) === JSON.stringify(this.#state)) return;
      await writeDurably(this.#path, `${JSON.stringify({ version: VERSION, ...next })}\n`);
      this.#state = next;
    };
    const done = this.#last.then(run, run);
    this.#last = done.catch(() => undefined);
    return done;
  }
}

/** What a checkpoint says, without making one; empty when there is none. @throws CheckpointError */
export async function readCheckpoint(directory: string): Promise<CheckpointState> {
  const path = join(directory, FILE);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? { holders: {}, reconfiguring: [], acknowledged: {} } : parse(text, path);
}

function parse(text: string, path: string): CheckpointState {
  let content: Partial<CheckpointState> & { version?: unknown };
  try {
    content = JSON.parse(text) as typeof content;
  } catch (cause) {
    const remedy = 'with no guest on the node that has a PCI device, delete it';
    throw new CheckpointError(`${path} is no JSON; ${remedy}`, { cause });
  }
  const { version, holders = {}, reconfiguring = [], acknowledged = {} } = content;
  if (version !== VERSION) {
    throw new CheckpointError(
      `${path} is of version ${JSON.stringify(version)}, this virt-handler knows ${VERSION}: run a newer one`,
    );
  }
  return { holders, reconfiguring, acknowledged };
}
