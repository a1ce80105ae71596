import { exec } from '@quickvirt/host';

/** Loads and unloads modules of the node's kernel. */
export interface KernelModules {
  /** @throws Error with what modprobe said. */
  load(module: string, parameters: readonly string[]): Promise<void>;
  /** @throws Error with what modprobe said, when something uses it above all. */
  unload(module: string): Promise<void>;
}

/** Loading a module runs the probes of its devices, one after the other. */
const TIMEOUT_MS = 60_000;

/**
 * By the node's own modprobe in the mount namespace of its first process: this pod has neither the modules nor the
 * configuration of the host.
 */
export const hostKernelModules: KernelModules = {
  load: (module, parameters) => modprobe([module, ...parameters]),
  unload: (module) => modprobe(['--remove', module]),
};

async function modprobe(args: readonly string[]): Promise<void> {
  await exec('nsenter', ['--target', '1', '--mount', '--', 'modprobe', ...args], { timeoutMs: TIMEOUT_MS });
}
