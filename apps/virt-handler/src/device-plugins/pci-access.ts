import { readlink } from 'node:fs/promises';
import { basename } from 'node:path';
import type { VirtualMachineInstance } from '@quickvirt/api';
import {
  applyDeviceRule,
  cgroupsOf,
  HOST_CGROUP_MOUNT,
  isStillInPod,
  podProcesses,
  putDeviceNode,
  raiseMemoryLock,
  removeDeviceNode,
  type DeviceRuleAction,
  type PodProcess,
} from '@quickvirt/host';
import { LAUNCHER_UID } from '@quickvirt/launcher-pod';
import { deviceCgroupOf, deviceRuleLine, lockedMemoryBytes, type DeviceNodeFacts } from '@quickvirt/node-plan';
import type { PciAddress } from '@quickvirt/qat';
import type { Logger } from '@quickvirt/telemetry';
import { DEVICE_RULE_COMMAND } from './device-rule-command.ts';
import type { VfioNodes } from './vfio-nodes.ts';

export interface PciAccessOptions {
  nodes: VfioNodes;
  logger: Logger;
  /** Arguments of Node that run virt-handler's `device-rule`. Default: this program's own file. */
  deviceRuleCommand?: readonly string[];
  cgroupMount?: string;
  proc?: string;
}

/** Programs of the launcher's image that run in the compute container alone, and open devices or start what does. */
const GUEST_PROGRAMS = /^(libvirtd|virtqemud|qemu-system-.+)$/;

/** A launcher's container that has no process to find it by: it has not begun, or ended. */
export class ContainerGone extends Error {
  override name = 'ContainerGone';
}

/**
 * Opens PCI functions to launchers that run already: a function that is plugged into a running guest came to the node
 * with another pod. Every step may be repeated.
 */
export class PciAccess {
  readonly #options: Required<PciAccessOptions>;

  constructor(options: PciAccessOptions) {
    this.#options = {
      deviceRuleCommand: ['--experimental-ffi', '--no-warnings', process.argv[1] ?? '', DEVICE_RULE_COMMAND],
      cgroupMount: HOST_CGROUP_MOUNT,
      proc: '/proc',
      ...options,
    };
  }

  /**
   * Gives a function's device nodes to the compute container of a pod: allowed in its cgroup, made in its /dev, owned by
   * the launcher.
   * @throws FunctionUnavailable, ContainerGone; ExecError, BpfError, UnsafePathError when the node refuses a step.
   */
  async open(podUid: string, pciAddress: PciAddress): Promise<void> {
    const nodes = await this.#options.nodes.nodesOf([pciAddress]);
    for (const process of await this.#containersOf(podUid)) {
      for (const node of nodes) {
        await this.#setRule(process, 'allow', node);
        await putDeviceNode(`${this.#options.proc}/${process.pid}/root`, node, LAUNCHER_UID);
      }
    }
    this.#options.logger.info('opened a PCI function to a pod', { podUid, pciAddress });
  }

  /**
   * Takes a function's group away from a pod again, once its guest let go of it. The control node stays: it gives nothing
   * by itself. A pod or a function that is gone needs nothing.
   * @param stillUsed functions that the pod keeps: a group that they share stays open.
   */
  async close(podUid: string, pciAddress: PciAddress, stillUsed: readonly PciAddress[] = []): Promise<void> {
    const group = await this.#groupNodes([pciAddress]);
    const kept = new Set((await this.#groupNodes(stillUsed)).map(({ path }) => path));
    for (const process of await this.#containersOf(podUid).catch(noneWhenGone)) {
      for (const node of group.filter(({ path }) => !kept.has(path))) {
        await this.#setRule(process, 'deny', node);
        await removeDeviceNode(`${this.#options.proc}/${process.pid}/root`, node.path);
      }
    }
    this.#options.logger.info('closed a PCI function to a pod', { podUid, pciAddress });
  }

  /**
   * Lets the pod's processes lock as much memory as the guest's devices may pin; to be called before the guest starts,
   * and before a function is plugged in. Nothing for a guest without such devices.
   */
  async allowLockedMemory(vmi: VirtualMachineInstance, podUid: string, attachedDevices = 0): Promise<void> {
    const bytes = lockedMemoryBytes(vmi, attachedDevices);
    if (bytes === undefined) return;
    const raised = await raiseMemoryLock(podUid, bytes, this.#options.proc);
    if (raised > 0) this.#options.logger.info('raised the limit of locked memory', { podUid, bytes: Number(bytes) });
  }

  async #groupNodes(pciAddresses: readonly PciAddress[]): Promise<DeviceNodeFacts[]> {
    if (pciAddresses.length === 0) return [];
    const nodes = await this.#options.nodes.nodesOf(pciAddresses);
    return nodes.filter(({ path }) => path !== '/dev/vfio/vfio');
  }

  /** One process of each container of the pod that runs the guest's programs, by its view of the file system. */
  async #containersOf(podUid: string): Promise<PodProcess[]> {
    const { proc } = this.#options;
    const found = new Map<string, PodProcess>();
    for (const process of await podProcesses(podUid, proc)) {
      const program = await linkOf(`${proc}/${process.pid}/exe`);
      const view = await linkOf(`${proc}/${process.pid}/ns/mnt`);
      if (program && view && GUEST_PROGRAMS.test(basename(program)) && (await isStillInPod(process, podUid, proc)))
        found.set(view, process);
    }
    if (found.size === 0) throw new ContainerGone(`no process of pod ${podUid} runs libvirt: its container is gone`);
    return [...found.values()];
  }

  async #setRule({ pid }: PodProcess, action: DeviceRuleAction, rule: DeviceNodeFacts): Promise<void> {
    const { deviceRuleCommand, cgroupMount, proc } = this.#options;
    const cgroup = deviceCgroupOf((await cgroupsOf(pid, proc)) ?? '');
    if (!cgroup) throw new ContainerGone(`process ${pid} is in no cgroup that decides about devices, or is gone`);
    await applyDeviceRule({
      cgroup,
      action,
      rule,
      line: deviceRuleLine(rule),
      command: deviceRuleCommand,
      cgroupMount,
    });
  }
}

async function linkOf(path: string): Promise<string | undefined> {
  return readlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return undefined;
    throw error;
  });
}

function noneWhenGone(error: unknown): PodProcess[] {
  if (error instanceof ContainerGone) return [];
  throw error;
}
