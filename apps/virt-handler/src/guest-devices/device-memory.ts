import type { DeviceProblem } from './effects.ts';

/** What the kubelet said of an attachment pod. */
export type FoundFunction =
  { podUid: string; pciAddress: string } | { podUid: string; problem: string; attempts: number; at: Date };

/** What asking the launcher for devices came to, for one wish. */
export type DeviceSyncOutcome =
  | { type: 'synced'; wish: string }
  /** Asking again for the same cannot help. */
  | { type: 'refused'; wish: string; reason: string; message: string }
  | { type: 'failed'; wish: string; reason: string; message: string; attempts: number; at: Date };

/** What this process knows of one guest's devices; all of it can be found out again. */
export interface DeviceMemory {
  /** By device name. */
  found: ReadonlyMap<string, FoundFunction>;
  outcome: DeviceSyncOutcome | undefined;
  problem: DeviceProblem | undefined;
}

const NOTHING: DeviceMemory = { found: new Map(), outcome: undefined, problem: undefined };

/** What is known of the devices of this node's guests, by the VMI's key. */
export class DeviceMemories {
  readonly #memories = new Map<string, DeviceMemory>();
  readonly #listeners = new Set<(key: string) => void>();

  get(key: string): DeviceMemory {
    return this.#memories.get(key) ?? NOTHING;
  }

  /** Why the guest has other devices than asked for. */
  problem(key: string): DeviceProblem | undefined {
    return this.#memories.get(key)?.problem;
  }

  update(key: string, change: Partial<DeviceMemory>): void {
    this.#memories.set(key, { ...this.get(key), ...change });
    for (const listener of this.#listeners) listener(key);
  }

  /** The guest is no longer this node's. */
  forget(key: string): void {
    this.#memories.delete(key);
  }

  /** Calls `listener` with the VMI's key at each change. */
  subscribe(listener: (key: string) => void): void {
    this.#listeners.add(listener);
  }
}
