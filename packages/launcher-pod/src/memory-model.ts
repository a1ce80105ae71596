import type { VirtualMachineInstance } from '@quickvirt/api';
import type { ClusterConfig } from '@quickvirt/config';
import { contextOf } from './context.ts';
import { guestMemoryBytes, memoryOverheadLines, type OverheadLine } from './memory-overhead.ts';
import type { RenderOptions } from './options.ts';
import { computeResources } from './resources.ts';

/** What a VMI's pod asks of a node's memory, and why. */
export interface MemoryModel {
  /** RAM that the guest starts with. */
  guestBytes: bigint;
  /** What the compute container needs beyond it. */
  overhead: OverheadLine[];
  /** Requests and limits of the compute container whose names tell of memory: `memory`, `hugepages-2Mi`. */
  requests: Record<string, string>;
  limits: Record<string, string>;
}

/** The memory of a VMI's launcher, line by line, as `renderLauncherPod` asks for it. @throws RenderError */
export function memoryModel(vmi: VirtualMachineInstance, config: ClusterConfig, options: RenderOptions): MemoryModel {
  const context = contextOf(vmi, config, options);
  const { requests, limits } = computeResources(context);
  return {
    guestBytes: guestMemoryBytes(context),
    overhead: memoryOverheadLines(context),
    requests: onlyMemory(requests),
    limits: onlyMemory(limits),
  };
}

function onlyMemory(resources: Readonly<Record<string, string>>): Record<string, string> {
  const named = Object.entries(resources).filter(([name]) => name === 'memory' || name.startsWith('hugepages-'));
  return Object.fromEntries(named);
}
